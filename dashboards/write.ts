import { writeFileSync } from "node:fs";
import path from "node:path";
import { format } from "prettier";
import { releaseDashboard } from "./grafana.js";

// `npm run reference`: the dashboard that components/grafana brings into a cluster.

const file = path.resolve(__dirname, "../../components/grafana/release-dashboard.json");

async function main(): Promise<void> {
  writeFileSync(file, await format(JSON.stringify(releaseDashboard()), { parser: "json", printWidth: 120 }));
}

void main();
