/**
 * What runs in the page: puts each section that the server sends in its place, and says whether it still hears of it.
 * Sections are made and escaped by the server; the page itself makes none.
 */
export const client = `"use strict";
const live = document.getElementById("live");
const told = (text, lost) => {
  live.textContent = text;
  live.classList.toggle("lost", lost);
};
const source = new EventSource(document.body.dataset.events);
source.onopen = () => told("live", false);
source.onerror = () => told("connection lost: is apisix-canary dashboard still running?", true);
source.onmessage = ({ data }) => {
  for (const [id, html] of Object.entries(JSON.parse(data))) {
    const place = document.getElementById(id);
    if (place !== null) place.innerHTML = html;
  }
  told("live", false);
};
addEventListener("pagehide", () => source.close());
`;
