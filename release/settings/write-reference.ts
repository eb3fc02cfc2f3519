import { writeFileSync } from "node:fs";
import path from "node:path";
import { settingsReference } from "./reference.js";

// `npm run reference`: writes the reference beside the schema's source.
writeFileSync(path.resolve(__dirname, "../../../release/settings/REFERENCE.md"), settingsReference());
