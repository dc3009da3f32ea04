// An upload by tus-js-client that breaks off and goes on: node tus_upload.mjs ENDPOINT KEY FILE
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const [endpoint, key, file] = process.argv.slice(2);
const tus = createRequire(path.join(process.env.NODE_MODULES, "x"))("tus-js-client");
const headers = { Authorization: `Bearer ${key}` };
const seen = { requests: [] };

const options = (resolve, reject, more) => ({
  endpoint,
  headers,
  chunkSize: 65536,
  metadata: { filename: path.basename(file) },
  retryDelays: null,
  onAfterResponse: (request, response) => seen.requests.push([request.getMethod(), response.getStatus()]),
  onError: reject,
  onSuccess: () => resolve(),
  ...more,
});

// The first client gives up after a few pieces.
const url = await new Promise((resolve, reject) => {
  let pieces = 0;
  const upload = new tus.Upload(
    fs.createReadStream(file),
    options(resolve, reject, {
      onChunkComplete: () => {
        if (++pieces === 3) upload.abort().then(() => resolve(upload.url));
      },
    }),
  );
  upload.start();
});
seen.url = url;
// A second one knows the address only.
await new Promise((resolve, reject) => {
  new tus.Upload(fs.createReadStream(file), options(resolve, reject, { uploadUrl: url })).start();
});
// A third one begins and takes it back.
await new Promise((resolve, reject) => {
  const upload = new tus.Upload(
    fs.createReadStream(file),
    options(resolve, reject, { onChunkComplete: () => upload.abort(true).then(resolve, reject) }),
  );
  upload.start();
});
console.log(JSON.stringify(seen));
