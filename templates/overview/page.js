
"use strict";
(function () {
  function made(name, attributes, parent) {
    var element = document.createElement(name);
    Object.keys(attributes).forEach(function (key) { element[key] = attributes[key]; });
    parent.appendChild(element);
    return element;
  }

  function tools(section, words) {
    var bar = document.createElement("div");
    bar.className = "tools";
    section.insertBefore(bar, section.querySelector(".scroll"));
    var label = made("label", { textContent: words }, bar);
    var input = made("input", { type: "search" }, label);
    var said = made("span", {}, bar);
    said.setAttribute("role", "status");
    return { input: input, said: said };
  }

  function searchable(section, rows) {
    var texts = rows.map(function (row) { return row.textContent.toLowerCase(); });
    var bar = tools(section, "Search");
    bar.input.addEventListener("input", function () {
      var words = bar.input.value.toLowerCase().split(/\s+/), count = 0;
      rows.forEach(function (row, place) {
        var fits = words.every(function (word) { return texts[place].indexOf(word) >= 0; });
        row.hidden = !fits;
        count += fits;
      });
      bar.said.textContent = bar.input.value.trim() ? count + " of " + rows.length : "";
    });
  }

  function sortable(heads, body, rows) {
    var compare = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" }).compare;
    heads.forEach(function (head, place) {
      var button = made("button", { type: "button", textContent: head.textContent }, head);
      head.replaceChildren(button);
      button.addEventListener("click", function () {
        var sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
        var keys = new Map(rows.map(function (row) {
          var cell = row.cells[place];
          return [row, cell.dataset.sort || cell.textContent];
        }));
        rows.sort(function (one, other) { return sign * compare(keys.get(one), keys.get(other)); });
        body.append.apply(body, rows);
      });
    });
  }

  document.querySelectorAll("section table").forEach(function (table) {
    var body = table.tBodies[0], rows = Array.from(body.rows);
    searchable(table.closest("section"), rows);
    sortable(Array.from(table.tHead.rows[0].cells), body, rows.slice());
  });

  var picture = document.querySelector("svg"), boxes = Array.from(picture.querySelectorAll(".box"));
  var lines = Array.from(picture.querySelectorAll(".line")), pinned = null;

  function light(keys) {
    var lit = new Set(keys);
    lines.forEach(function (line) {
      var on = keys.indexOf(line.dataset.package) >= 0 || keys.indexOf(line.dataset.group) >= 0;
      line.classList.toggle("lit", on);
      if (on) { lit.add(line.dataset.package).add(line.dataset.group); }
    });
    boxes.forEach(function (box) {
      box.classList.toggle("lit", lit.has(box.dataset.key));
      box.classList.toggle("chosen", keys.indexOf(box.dataset.key) >= 0);
      box.setAttribute("aria-pressed", String(box.dataset.key === pinned));
    });
    picture.classList.toggle("choosing", keys.length > 0);
  }

  function rest() { light(pinned ? [pinned] : []); }
  function pin(key) { pinned = pinned === key ? null : key; rest(); }

  picture.setAttribute("role", "group");
  boxes.forEach(function (box) {
    var key = box.dataset.key;
    box.setAttribute("tabindex", "0");
    box.setAttribute("role", "button");
    box.addEventListener("mouseenter", function () { if (!pinned) { light([key]); } });
    box.addEventListener("mouseleave", rest);
    box.addEventListener("focus", function () { if (!pinned) { light([key]); } });
    box.addEventListener("blur", rest);
    box.addEventListener("click", function () { pin(key); });
    box.addEventListener("keydown", function (event) {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); pin(key); }
      if (event.key === "Escape") { pinned = null; rest(); }
    });
  });

  var find = tools(document.getElementById("picture"), "Find");
  find.input.addEventListener("input", function () {
    var word = find.input.value.trim().toLowerCase();
    var hits = word ? boxes.filter(function (box) { return box.textContent.toLowerCase().indexOf(word) >= 0; }) : [];
    pinned = null;
    light(hits.map(function (box) { return box.dataset.key; }));
    find.said.textContent = word ? hits.length + " found" : "";
    if (hits.length) {
      var frame = picture.parentNode, top = hits[0].getBoundingClientRect().top - frame.getBoundingClientRect().top;
      frame.scrollTop += top - frame.clientHeight / 3;
    }
  });
})();
