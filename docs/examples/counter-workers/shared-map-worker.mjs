import { workerData } from "node:worker_threads";
import { SharedMap } from "mapguard/shared";

const hits = SharedMap.attach(workerData.hits);
for (let i = 0; i < workerData.rounds; i++) hits.update("home", (count) => count + 1);
hits.dispose();
