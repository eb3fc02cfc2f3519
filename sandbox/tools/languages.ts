/** Language hosts of the engine, for programs that are not in TypeScript; built when a test of such programs wants them. */
import type { Tool } from "./catalogue.js";
import { goModules, pulumiVersion } from "./go-modules.js";

/** The last SDK module with the host inside; it works with the engine of today, as the one for Node does. */
export const pythonModule = { path: "github.com/pulumi/pulumi/sdk/v3", version: "v3.68.0" } as const;

const pythonHost = `${pythonModule.path}/python/cmd/pulumi-language-python`;

const python: Tool = {
  name: "pulumi-language-python",
  version: "3.68.0",
  build: {
    modules: {
      name: "pulumi-language-python",
      requires: [`${pythonModule.path} ${pythonModule.version}`],
      packages: [pythonHost],
    },
    package: pythonHost,
    seconds: 30,
  },
};

const yamlHost = "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml";

const yaml: Tool = {
  name: "pulumi-language-yaml",
  version: "1.25.0",
  build: {
    modules: {
      name: "pulumi-language-yaml",
      requires: ["github.com/pulumi/pulumi-yaml v1.25.0"],
      packages: [yamlHost],
    },
    package: yamlHost,
    seconds: 150,
  },
};

const generatorMain = `package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	golang "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// noOthers loads nothing: the schema refers to no other package.
type noOthers struct{ schema.ReferenceLoader }

func main() {
	if len(os.Args) != 4 {
		fail(fmt.Errorf("usage: pulumi-generate-sdk LANGUAGE SCHEMA FOLDER"))
	}
	language, file, folder := os.Args[1], os.Args[2], os.Args[3]
	text, err := os.ReadFile(file)
	fail(err)
	var spec schema.PackageSpec
	fail(json.Unmarshal(text, &spec))
	bound, diagnostics, err := schema.BindSpec(spec, noOthers{}, schema.ValidationOptions{})
	fail(err)
	if len(diagnostics) > 0 {
		fail(diagnostics)
	}
	files, err := generate(language, bound)
	fail(err)
	for name, content := range files {
		target := filepath.Join(folder, name)
		fail(os.MkdirAll(filepath.Dir(target), 0o755))
		fail(os.WriteFile(target, content, 0o644))
	}
}

func generate(language string, bound *schema.Package) (map[string][]byte, error) {
	const tool = "pulumi-apisix-canary"
	switch language {
	case "python":
		return python.GeneratePackage(tool, bound, nil, noOthers{})
	case "go":
		return golang.GeneratePackage(tool, bound, nil)
	case "nodejs":
		return nodejs.GeneratePackage(tool, bound, nil, nil, false, noOthers{})
	default:
		return nil, fmt.Errorf("%s: python, go or nodejs", language)
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
`;

/** What `pulumi package gen-sdk` does: that asks the language host, and the last one in a module can't do it yet. */
const sdkGenerator: Tool = {
  name: "pulumi-generate-sdk",
  version: pulumiVersion,
  build: {
    modules: {
      ...goModules.engine,
      name: "pulumi-generate-sdk",
      packages: [],
      programs: { "generate-sdk": generatorMain },
    },
    package: "./generate-sdk",
    seconds: 240,
  },
};

export const languageTools = { python, yaml, sdkGenerator } as const;
