import { tellStory } from "./harness/language-story.js";

// examples/python, with the package that is generated of the plugin's schema.
tellStory({ name: "python", program: "__main__.py", makesNamespace: true });
