package io.llamamesh.chart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * A cgroup with a memory limit, of whichever version this machine has.
 *
 * @param folder its folder
 * @param v2 whether it is of the unified hierarchy
 */
record MemoryGroup(Path folder, boolean v2) {
  private static final Path V1 = Path.of("/sys/fs/cgroup/memory");
  private static final Path V2 = Path.of("/sys/fs/cgroup");

  static MemoryGroup create(String name, long bytes) throws IOException {
    boolean v2 =
        Files.exists(V2.resolve("cgroup.controllers"))
            && Files.readString(V2.resolve("cgroup.controllers")).contains("memory");
    MemoryGroup group = new MemoryGroup((v2 ? V2 : V1).resolve(name), v2);
    Files.createDirectory(group.folder);
    group.write(v2 ? "memory.max" : "memory.limit_in_bytes", Long.toString(bytes));
    // Without swap, as a pod.
    if (v2) {
      group.write("memory.swap.max", "0");
    } else {
      group.write("memory.swappiness", "0");
    }
    return group;
  }

  /** The file that takes the ids of its processes. */
  Path processes() {
    return folder.resolve("cgroup.procs");
  }

  /** Most that it ever held, page cache included, which the kernel gives back under pressure. */
  long peakBytes() throws IOException {
    return Long.parseLong(read(v2 ? "memory.peak" : "memory.max_usage_in_bytes"));
  }

  /** How often it came against its limit and the kernel had to take cache back. */
  long limitHits() throws IOException {
    return v2 ? event("memory.events", "max") : Long.parseLong(read("memory.failcnt"));
  }

  /** How many processes the kernel killed in it. */
  long killed() throws IOException {
    return event(v2 ? "memory.events" : "memory.oom_control", "oom_kill");
  }

  void remove() throws IOException {
    Files.delete(folder);
  }

  private long event(String file, String name) throws IOException {
    try (Stream<String> lines = Files.lines(folder.resolve(file))) {
      return lines
          .filter(line -> line.startsWith(name + " "))
          .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1)))
          .findFirst()
          .orElse(0);
    }
  }

  private String read(String file) throws IOException {
    return Files.readString(folder.resolve(file)).strip();
  }

  private void write(String file, String text) throws IOException {
    Files.writeString(folder.resolve(file), text);
  }
}
