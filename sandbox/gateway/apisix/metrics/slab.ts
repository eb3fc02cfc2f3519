// Stand-in for Apache APISIX 3.17: how much fits into the memory of one of nginx's shared dictionaries.

const PAGE_BYTES = 4096;
/** Bookkeeping of the pool for each of its pages. */
const PAGE_ENTRY_BYTES = 24;
const POOL_HEADER_BYTES = 600;
/** A dictionary's own tree. */
const TREE_BYTES = 80;
/** What a dictionary says of itself in the log, besides its name. */
const LOG_CONTEXT_BYTES = 27;
/** Anything larger takes whole pages. */
const LARGEST_CHUNK_BYTES = PAGE_BYTES / 2;

interface Page {
  readonly chunkBytes: number;
  used: number;
}

/** What one allocation took; give it back with `release`. */
export type Chunk =
  { readonly kind: "chunk"; readonly page: Page } | { readonly kind: "pages"; readonly count: number };

/**
 * Memory in pages of 4 KiB, each cut into chunks of one size, a power of two. A chunk that is given back is free
 * for its own size only, until its whole page is: so a full dictionary may refuse although smaller things left it.
 */
export class Slab {
  readonly #partial = new Map<number, Set<Page>>();
  #freePages: number;

  /** `name` is the dictionary's. */
  constructor(
    name: string,
    readonly capacityBytes: number,
  ) {
    const pages = Math.floor(capacityBytes / (PAGE_BYTES + PAGE_ENTRY_BYTES));
    const bookkeeping = Math.ceil((pages * PAGE_ENTRY_BYTES + POOL_HEADER_BYTES) / PAGE_BYTES);
    this.#freePages = Math.max(0, Math.floor(capacityBytes / PAGE_BYTES) - bookkeeping);
    this.allocate(TREE_BYTES);
    this.allocate(LOG_CONTEXT_BYTES + name.length);
  }

  /** Whole pages that nothing uses, as `free_space()` counts them. */
  get freeBytes(): number {
    return this.#freePages * PAGE_BYTES;
  }

  /** Undefined when there is no room. */
  allocate(bytes: number): Chunk | undefined {
    if (bytes > LARGEST_CHUNK_BYTES) {
      const count = Math.ceil(bytes / PAGE_BYTES);
      return this.#takePages(count) ? { kind: "pages", count } : undefined;
    }
    const chunkBytes = 2 ** Math.max(3, Math.ceil(Math.log2(bytes)));
    const partial = this.#partialOf(chunkBytes);
    const [known] = partial;
    const page = known ?? this.#newPage(chunkBytes, partial);
    if (page === undefined) {
      return undefined;
    }
    page.used += 1;
    if (page.used === PAGE_BYTES / chunkBytes) {
      partial.delete(page);
    }
    return { kind: "chunk", page };
  }

  release(chunk: Chunk): void {
    if (chunk.kind === "pages") {
      this.#freePages += chunk.count;
      return;
    }
    const { page } = chunk;
    const partial = this.#partialOf(page.chunkBytes);
    page.used -= 1;
    if (page.used === 0) {
      partial.delete(page);
      this.#freePages += 1;
    } else {
      partial.add(page);
    }
  }

  #newPage(chunkBytes: number, partial: Set<Page>): Page | undefined {
    if (!this.#takePages(1)) {
      return undefined;
    }
    const page: Page = { chunkBytes, used: 0 };
    partial.add(page);
    return page;
  }

  #takePages(count: number): boolean {
    if (this.#freePages < count) {
      return false;
    }
    this.#freePages -= count;
    return true;
  }

  #partialOf(chunkBytes: number): Set<Page> {
    const known = this.#partial.get(chunkBytes);
    if (known !== undefined) {
      return known;
    }
    const made = new Set<Page>();
    this.#partial.set(chunkBytes, made);
    return made;
  }
}
