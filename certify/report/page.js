"use strict";
(() => {
  const table = document.querySelector("table.claims");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const search = document.getElementById("search");
  const verdict = document.getElementById("verdict");
  const shown = document.getElementById("shown");
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, place) => {
      const fits = words.every((word) => texts[place].includes(word));
      row.hidden = !fits || (verdict.value !== "" && row.lastElementChild.textContent.trim() !== verdict.value);
      count += row.hidden ? 0 : 1;
    });
    shown.textContent = `${count} of ${rows.length} rows`;
  };
  const key = (row, column) => {
    const cell = row.cells[column];
    if (cell.dataset.s !== undefined) return Number(cell.dataset.s);
    if (column !== 3) return cell.textContent;
    const found = /-?[\d.]+(e[-+]?\d+)?/.exec(cell.textContent.replace(/^at \d+: /, ""));
    return found ? Number(found[0]) : Infinity;
  };
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    head.firstElementChild.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const order = (one, other) => {
        const a = key(one, column);
        const b = key(other, column);
        if (typeof a === "number" && typeof b === "number") return a - b;
        return String(a).localeCompare(String(b), "en", { numeric: true });
      };
      body.append(...[...rows].sort((one, other) => (down ? order(other, one) : order(one, other))));
    });
  });
  search.addEventListener("input", filter);
  verdict.addEventListener("change", filter);
  document.querySelector(".find").hidden = false;
  filter();
})();
