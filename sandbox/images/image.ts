/** What a container runs, with Docker's meaning of entrypoint and command. */
export interface Image {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly workingDirectory: string;
  readonly env: Readonly<Record<string, string>>;
  /** As in an image's configuration: `USER`, `UID`, `USER:GROUP` …; "": root. */
  readonly user: string;
  readonly stopSignal: NodeJS.Signals;
  readonly files: RootFiles;
  readonly origin: Origin;
}

/** Where an image's program comes from, for people. */
export type Origin =
  | { readonly kind: "given" }
  | { readonly kind: "pulled"; readonly digest: string }
  /** The real program, found or built on this machine. */
  | { readonly kind: "real program" }
  | { readonly kind: "stand-in" };

/** Where the files of a container's root come from. */
export type RootFiles =
  | {
      /** This machine's own programs and libraries, with what is put beside them. */
      readonly kind: "machine";
      /** Folders of this machine's, shown at their own paths, for reading. */
      readonly shared: readonly string[];
      /** Programs put into the container's file system: path inside to file on this machine. */
      readonly programs: Readonly<Record<string, string>>;
      /** Folders of the image's that its user may write to. */
      readonly writable: readonly string[];
      /** The image's own user, beside root and nobody. */
      readonly account?: Account;
    }
  | { readonly kind: "unpacked"; readonly folder: string };

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** The users and groups that an image knows: its `/etc/passwd` and `/etc/group`. */
export interface Accounts {
  readonly passwd: string;
  readonly group: string;
}

/** `registry:5000/name:tag@digest` -> name and tag ("latest" where there is none). */
export function parseReference(reference: string): { readonly repository: string; readonly tag: string } {
  const [named = ""] = reference.split("@");
  const colon = named.lastIndexOf(":");
  return colon > named.lastIndexOf("/")
    ? { repository: named.slice(0, colon), tag: named.slice(colon + 1) }
    : { repository: named, tag: "latest" };
}

/** Without the parts that mean Docker Hub: `docker.io/library/node` is `node`. */
export function familiarName(repository: string): string {
  return repository.replace(/^(docker\.io|index\.docker\.io|registry-1\.docker\.io)\//, "").replace(/^library\//, "");
}

/** As the status of a container has it: the content that runs, or what runs instead. */
export function imageIdOf(reference: string, { origin }: Pick<Image, "origin">): string {
  if (origin.kind === "pulled") return `${parseReference(reference).repository}@${origin.digest}`;
  return `${origin.kind.replaceAll(" ", "-")}://${reference}`;
}
