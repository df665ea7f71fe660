// Checks a receipt (c2sp.org/tlog-proof) in the browser. It sends nothing and asks nobody: the receipt
// and the keys are what the visitor gave. What each step is: docs/receipts.md. The shell script
// verify-receipt.sh does the same with openssl.
"use strict";
(() => {
  const NAMES = ["subject", "content", "request", "decision"];
  const SAMPLE = `{"at":"2018-","bail_conditions":"","bail_set":"0.00","category":"preliminary arraignment","court":"Court","sequence":"1"},{"at":"preliminary hearing"}]},"existence":{"record_id":"},"history":{"convictions":[{"convicted_at":"2019-","custody":{"custody":{"level":"","since":"","status":"in custody","status_code":"released","holds":[{"issuer":"","lifted_at":"","placed_at":"","process_kind":"detainer"},"release":{"release":{"eligible_at":"","reason":"","released_at":"","arrest":{"arrest":{"agency_ori":"","arrested_at":"","juvenile":false,"tracking_number":"birthplace"contact"whereabouts","identity":{"identity":{"age_band":"25-34","birth_date":"19","fbi_id":"","given_name":"","middle_name":"","race_code":"","sex_code":"","state_id":"","sur_name":""}}}}{"disclosed":{"charges":{"charges":[{"description":"","disposed_at":"","disposition":"","filed_at":"20","grade":"M1","sequence":"2","status":"filed","statute":"18 § ","violent":true},{"description":"{"approved":false,"basis":null,"data_classes":["identity","charges","court","custody","release","parties"],"key_id":"ed25519/","officer":"","on_behalf_of":{"officer":""on_behalf_of":null,"ori":"","purpose":"criminal investigation","query":"name"}civil immigration enforcement"fugitive apprehension"criminal prosecution"custody and corrections"firearms check"audit"detainer"administrative warrant"judicial warrant"court order"subpoena","query":"identifier"list"subscription"}{"at":"T00:00.000Z","clauses":[{"clause":"","digest":"","instrument":"@1","title":""}],"kind":"refusal","law":"hold for approval"withhold","outcome":"refuse","permitted":[],"reason":null,"rulings":[{"act":"place hold"notify release"enumerate"}],"kind":"disclosure","law":"","outcome":"permit reduced","permitted":["existence","identity","charges","court"],"reason":"no clause permits","rulings":[{"act":"see existence","clauses":["#","faults":[],"outcome":"permit"},{"act":"see identity","clauses":[""],"faults":[],"outcome":"permit"},{"act":"see charges","clauses":[""],"faults":[],"outcome":"permit"},{"act":"see court","clauses":[""],"faults":[],"outcome":"permit"},{"act":"see arrest","clauses":[""],"faults":[],"outcome":"permit"}]}{"act":"see custody","clauses":[],"faults":[],"outcome":"refuse"},{"act":"see release","clauses":[],"faults":[],"outcome":"refuse"},{"act":"see parties","clauses":[""],"faults":[],"outcome":"refuse"}]}`;
  const bytes = new TextEncoder();

  class Fails extends Error {}
  const fail = (why) => { throw new Fails(why); };
  const demand = (good, why) => good || fail(why);
  const join = (...parts) => {
    const whole = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
    parts.reduce((at, one) => (whole.set(one, at), at + one.length), 0);
    return whole;
  };
  const same = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);
  const hex = (raw) => Array.from(raw, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const unhex = (text) => Uint8Array.from(text.match(/../g) || [], (two) => parseInt(two, 16));
  const sha256 = async (...parts) =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));

  function base64(text) {
    let raw = "";
    try { raw = atob(text); } catch { fail("form"); }
    demand(btoa(raw) === text, "form");
    return Uint8Array.from(raw, (sign) => sign.charCodeAt(0));
  }

  function decimal(text) {
    demand(/^(0|[1-9][0-9]{0,14})$/.test(text), "form");
    return Number(text);
  }

  // name+1a2b3c4d+base64(type || key); the id is the start of SHA-256(name || "\n" || type || key).
  async function readKey(line) {
    const found = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(line) || fail("key");
    const raw = base64(found[3]);
    const id = (await sha256(bytes.encode(`${found[1]}\n`), raw)).slice(0, 4);
    demand(hex(id) === found[2], "key");
    return { name: found[1], id, kind: raw[0], key: raw.slice(1) };
  }

  async function signed(key, message, signature) {
    let imported;
    try {
      imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
    } catch { fail("old"); }
    return crypto.subtle.verify({ name: "Ed25519" }, imported, signature, message);
  }

  function parse(text) {
    const blank = text.indexOf("\n\n");
    const lines = text.slice(0, blank).split("\n");
    demand(blank > 0 && lines.shift() === "c2sp.org/tlog-proof@v1", "form");
    const extra = (lines[0] || "").startsWith("extra ") ? base64(lines.shift().slice(6)) : null;
    const index = /^index (.*)$/.exec(lines.shift() || "") || fail("form");
    demand(lines.length <= 63, "form");
    const note = text.slice(blank + 2);
    const end = note.lastIndexOf("\n\n");
    demand(end > 0 && note.endsWith("\n"), "form");
    const head = note.slice(0, end + 1);
    const [origin, size, root] = head.split("\n");
    const signatures = note.slice(end + 2, -1).split("\n").map((line) => {
      const found = /^\u2014 (\S+) (\S+)$/.exec(line) || fail("form");
      const raw = base64(found[2]);
      return { name: found[1], id: raw.slice(0, 4), blob: raw.slice(4) };
    });
    const path = lines.map(base64);
    demand(path.every((hash) => hash.length === 32), "form");
    return {
      extra, path, head, signatures, origin,
      index: decimal(index[1]), size: decimal(size || ""), root: base64(root || ""),
    };
  }

  // What `extra` opens: the texts by compartment, and the 33 bytes of the entry over all four digests.
  async function open(extra) {
    demand(extra[0] === 2 && extra.length >= 130 && extra[1] < 16, "form");
    const made = Array.from(bytes.encode(SAMPLE)), texts = [];
    let begun = made.length;
    for (let at = 130; at < extra.length;) {
      const byte = extra[at++];
      if (byte >= 32) made.push(byte);
      else if (byte >= 16) {
        const place = (byte - 16) * 256 + extra[at], long = extra[at + 1] + 4;
        demand(at + 2 <= extra.length && place < made.length, "form");
        for (let n = 0, till = Math.min(long, made.length - place); n < till; n++) made.push(made[place + n]);
        at += 2;
      } else if (byte > 0) {
        demand(byte < 3, "form");
        made.push(...bytes.encode(hex(extra.slice(at, at + 16 * byte))));
        at += 16 * byte;
      } else {
        texts.push(Uint8Array.from(made.slice(begun)));
        begun = made.length;
      }
    }
    const opened = {}, digests = [];
    for (const [bit, name] of NAMES.entries()) {
      const held = extra.slice(2 + 32 * bit, 34 + 32 * bit);
      if (!(extra[1] >> bit & 1)) { digests.push(held); continue; }
      const text = texts.shift() || fail("form");
      digests.push(await sha256(bytes.encode(`comity.v1/${name}\0`), held, text));
      opened[name] = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(text));
    }
    demand(!texts.length && begun === made.length, "form");
    const entry = join([1], await sha256(bytes.encode("comity.v1/entry\0"), ...digests));
    return { entry, opened };
  }

  // RFC 9162, section 2.1.3.2.
  async function root(entry, index, size, path) {
    let hash = await sha256([0], entry), at = index, last = size - 1;
    demand(at <= last, "root");
    for (const sibling of path) {
      demand(last > 0, "root");
      if (at % 2 || at === last) {
        hash = await sha256([1], sibling, hash);
        while (!(at % 2) && at) { at = Math.floor(at / 2); last = Math.floor(last / 2); }
      } else hash = await sha256([1], hash, sibling);
      at = Math.floor(at / 2);
      last = Math.floor(last / 2);
    }
    demand(last === 0, "root");
    return hash;
  }

  /** What a receipt proves under these keys, the log's first; throws with a word that says why not. */
  async function verify(text, keys, entryHex) {
    const [log, ...others] = await Promise.all(keys.split("\n").map((one) => one.trim()).filter(Boolean).map(readKey));
    demand(log && log.kind === 1 && log.key.length === 32, "key");
    const proof = parse(text.replace(/\r\n/g, "\n").replace(/\n*$/, "\n"));
    demand(proof.origin === log.name, "origin-other");
    const message = bytes.encode(proof.head);
    const mine = (key) => proof.signatures.filter((one) => one.name === key.name && same(one.id, key.id));
    const own = mine(log);
    demand(own.length > 0, "signature");
    for (const one of own) demand(await signed(log.key, message, one.blob), "signature");
    const witnesses = [];
    for (const key of others.filter((one) => one.kind === 4)) {
      for (const one of mine(key)) { // c2sp.org/tlog-cosignature: eight bytes of time, then Ed25519
        const time = one.blob.slice(0, 8).reduce((sum, byte) => sum * 256 + byte, 0);
        const said = join(bytes.encode(`cosignature/v1\ntime ${time}\n`), message);
        demand(await signed(key.key, said, one.blob.slice(8)), "signature");
        witnesses.push(key.name);
      }
    }
    const given = (entryHex || "").trim();
    const { entry, opened } = proof.extra ? await open(proof.extra) : { entry: unhex(given), opened: {} };
    demand(entry.length === 33, "entry");
    demand(!given || given === hex(entry), "root");
    demand(same(await root(entry, proof.index, proof.size, proof.path), proof.root), "root");
    return { index: proof.index, size: proof.size, origin: proof.origin, entry: hex(entry), opened, witnesses };
  }

  if (typeof module === "object") { module.exports = { verify }; return; }

  const find = (id) => document.getElementById(id), told = find("checked");
  if (!told || !globalThis.crypto || !crypto.subtle) return;
  const say = (word) => told.dataset[word.replace(/-(.)/g, (_, sign) => sign.toUpperCase())] || word;
  find("in-browser").hidden = false;
  find("check-now").addEventListener("click", async () => {
    const file = find("file").files[0];
    try {
      const found = await verify(file ? await file.text() : find("receipt").value, find("key").value, find("entry").value);
      const lines = [say("holds"), `${say("origin")}: ${found.origin}`, `${say("index")}: ${found.index}`,
        `${say("size")}: ${found.size}`, `${say("witnesses")}: ${found.witnesses.join(", ") || 0}`];
      for (const name of ["request", "decision"]) {
        if (found.opened[name]) lines.push(`${name}: ${JSON.stringify(found.opened[name], null, 1)}`);
      }
      told.className = "note";
      told.textContent = lines.join("\n");
    } catch (fault) {
      told.className = "note stop";
      told.textContent = `${say("fails")} ${say(fault instanceof Fails ? fault.message : "form")}`;
    }
  });
})();
