import { workerData } from "node:worker_threads";

const { hits, rounds } = workerData;
// `hits` is this worker's own copy: nobody else ever sees these counts.
for (let i = 0; i < rounds; i++) hits.set("home", hits.get("home") + 1);
