import { SafeMap } from "mapguard";

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

const running = new SafeMap<string, Promise<void>>(null, { name: "running" });

export async function restart(job: string): Promise<void> {
  const work = pause();
  running.set(job, work);
  try {
    await work;
  } finally {
    running.deleteIf(job, work); // a newer run of the job stays
  }
}

export async function main(): Promise<string> {
  const first = restart("mail");
  const newer = new Promise<void>(() => {});
  running.set("mail", newer);
  await first;
  return `the newer run is ${running.get("mail") === newer ? "still there" : "gone"}`;
}
