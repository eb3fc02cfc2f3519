import { tellStory } from "./harness/language-story.js";

// examples/yaml. The stand-in of the Kubernetes provider has no schema, which Kubernetes resources in YAML would need.
tellStory({ name: "yaml", program: "Pulumi.yaml", makesNamespace: false });
