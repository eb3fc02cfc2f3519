/** One bounded HTTP exchange: no redirects, a size limit, a time limit, errors in one line without the URL. */
export { ExchangeError, quote } from "./errors.js";
export { send } from "./send.js";
export type { Answer, Exchange, TlsOptions } from "./send.js";
