/**
 * Put into a page before its own scripts: notes when each frame and each beep reaches it.
 *
 * It works on copies of the tracks in a thread of its own, so that what it looks at is neither
 * held up by the page nor holds it up.
 */
(() => {
  const noted = { picture: [], sound: [] };
  window.candidNoted = noted;
  const work = () => {
    const nowMs = () => performance.timeOrigin + performance.now();
    const canvas = new OffscreenCanvas(2, 2);
    const place = canvas.getContext("2d", { willReadFrequently: true });
    const look = async (frames) => {
      for await (const frame of frames) {
        const [atMs, stampMs] = [nowMs(), frame.timestamp / 1000];
        place.drawImage(frame, 0, 0, 2, 2);
        frame.close();
        const [red, , blue] = place.getImageData(0, 0, 1, 1).data;
        postMessage({ kind: "picture", entry: [atMs, Math.abs(red - blue), stampMs] });
      }
    };
    const listen = async (blocks) => {
      let quiet = Infinity;
      for await (const block of blocks) {
        const [atMs, stampMs] = [nowMs(), block.timestamp / 1000];
        const samples = new Float32Array(block.numberOfFrames);
        block.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
        const rate = block.sampleRate;
        block.close();
        samples.forEach((value, index) => {
          quiet += 1;
          if (Math.abs(value) < 0.02) return;
          const entry = [atMs, (samples.length - index) / rate, stampMs];
          if (quiet > rate / 10) postMessage({ kind: "sound", entry });
          quiet = 0;
        });
      }
    };
    self.onmessage = ({ data }) => (data.kind === "video" ? look(data.readable) : listen(data.readable));
  };
  const worker = new Worker(URL.createObjectURL(new Blob([`(${work})()`])));
  worker.onmessage = ({ data }) => noted[data.kind].push(data.entry);
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wish) => {
    const stream = await ask(wish);
    for (const track of stream.getTracks()) {
      const { readable } = new MediaStreamTrackProcessor({ track: track.clone(), maxBufferSize: 100 });
      worker.postMessage({ kind: track.kind, readable }, [readable]);
    }
    return stream;
  };
})();
