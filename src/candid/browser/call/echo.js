/**
 * Whether the microphone hears the loudspeaker: three notes are played, and looked for in what the
 * microphone gives.
 *
 * @import { Sound } from "./sound.js"
 */

// What sounds by itself twice a second, as a clock does, has to be in it.
const LISTEN_BEFORE_MS = 800;
// A wireless loudspeaker is a quarter of a second late.
const LISTEN_AFTER_MS = 600;
const EVERY_MS = 50;
const RISES_DB = 15;
const FFT_SIZE = 8192;

/**
 * Plays the notes and listens to them.
 *
 * @param {Sound} sound
 * @param {MediaStreamTrack} microphone
 * @returns {Promise<boolean>} whether the microphone heard all of them
 */
export async function hearsNotes(sound, microphone) {
  const source = sound.context.createMediaStreamSource(new MediaStream([microphone]));
  const analyser = new AnalyserNode(sound.context, { fftSize: FFT_SIZE, smoothingTimeConstant: 0 });
  source.connect(analyser);
  try {
    const before = await loudest(sound, analyser, LISTEN_BEFORE_MS);
    const after = await loudest(sound, analyser, sound.playNotes() + LISTEN_AFTER_MS);
    return isEcho(before, after);
  } finally {
    source.disconnect();
  }
}

/**
 * @param {number[]} before the loudness of each note's pitch before it was played, in dB
 * @param {number[]} after the same while it was played
 */
export function isEcho(before, after) {
  return after.every((db, index) => db - before[index] >= RISES_DB);
}

/**
 * @param {Sound} sound
 * @param {AnalyserNode} analyser
 * @param {number} forMs
 * @returns {Promise<number[]>} the most that was heard at each note's pitch, in dB
 */
async function loudest(sound, analyser, forMs) {
  const bins = sound.notesHz.map((hz) => Math.round((hz * FFT_SIZE) / sound.context.sampleRate));
  const spectrum = new Float32Array(analyser.frequencyBinCount);
  const most = bins.map(() => analyser.minDecibels);
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    analyser.getFloatFrequencyData(spectrum);
    bins.forEach((bin, index) => {
      most[index] = Math.max(most[index], spectrum[bin - 1], spectrum[bin], spectrum[bin + 1]);
    });
  }
  return most;
}
