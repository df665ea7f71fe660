// Looks at the page again when something new stands in the ledger, and says so to whoever cannot see it.
// Without this file the page is looked at again by its own link. The focus stays where it was.
"use strict";
const said = document.getElementById("live");
let busy = false, again = false;
async function look() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    const reply = await fetch(location.href, { headers: { "X-Comity-Refresh": "1" } });
    if (!reply.ok || reply.redirected) { source.close(); return; }
    const fresh = new DOMParser().parseFromString(await reply.text(), "text/html");
    const now = document.getElementById("main"), then = fresh.getElementById("main");
    const typing = document.activeElement && /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    if (then && now.innerHTML !== then.innerHTML && !typing) {
      const at = document.activeElement && document.activeElement.getAttribute("href");
      const open = [...now.querySelectorAll("details[open]")].map((one) => one.id);
      now.replaceChildren(...then.childNodes);
      for (const one of now.querySelectorAll("details")) one.open = one.id !== "" && open.includes(one.id);
      if (at) now.querySelector(`[href="${CSS.escape(at)}"]`)?.focus();
      said.textContent = said.dataset.said;
    }
  } finally {
    setTimeout(() => { busy = false; if (again) { again = false; look(); } }, 3000);
  }
}
const source = new EventSource("/live");
source.addEventListener("changed", look);
