package io.llamamesh.bench.process;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * CPU time and memory of a process, by {@code /proc}.
 *
 * @param cpuNanos CPU time of each of its threads, by thread, in nanoseconds ({@code schedstat})
 */
public record Usage(Map<Long, Long> cpuNanos) {

  public Usage {
    cpuNanos = Map.copyOf(cpuNanos);
  }

  /**
   * Reads what a process has used up to now.
   *
   * @throws IOException when there is no such process, or no {@code /proc}
   */
  public static Usage of(long pid) throws IOException {
    Path tasks = Path.of("/proc", Long.toString(pid), "task");
    Map<Long, Long> times = new HashMap<>();
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
      for (Path thread : threads) {
        try {
          String[] fields = Files.readString(thread.resolve("schedstat")).split(" ", 2);
          times.put(Long.valueOf(thread.getFileName().toString()), Long.valueOf(fields[0]));
        } catch (IOException e) {
          // That thread has just ended.
        }
      }
    }
    return new Usage(times);
  }

  /** CPU time between an earlier look and this one; what ended threads used is not known. */
  public long cpuNanosSince(Usage before) {
    long sum = 0;
    for (Map.Entry<Long, Long> thread : cpuNanos.entrySet()) {
      sum += thread.getValue() - before.cpuNanos.getOrDefault(thread.getKey(), 0L);
    }
    return sum;
  }

  /**
   * A field of {@code /proc/PID/status} in kB, such as {@code VmRSS}, in MiB.
   *
   * @throws IOException when it is not there
   */
  public static double mebibytes(long pid, String field) throws IOException {
    List<String> lines = Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"));
    for (String line : lines) {
      if (line.startsWith(field + ":")) {
        return Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024;
      }
    }
    throw new IOException("/proc/" + pid + "/status has no " + field);
  }
}
