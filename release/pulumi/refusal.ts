/** Ends an update or a preview with one line that the program has found: the runtime of `components/errors`. */

interface Refused {
  readonly reason: string;
}

/** The engine refuses it, and all that waits with it; it is never made. */
export const refusal = {
  check: (_olds: unknown, news: Refused) =>
    Promise.resolve({ inputs: news, failures: [{ property: "", reason: news.reason }] }),
  create: ({ reason }: Refused) => Promise.reject(new Error(reason)),
};
