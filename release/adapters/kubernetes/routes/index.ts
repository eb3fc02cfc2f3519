export { Routes } from "./routes.js";
