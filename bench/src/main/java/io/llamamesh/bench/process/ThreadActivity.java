package io.llamamesh.bench.process;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * CPU time of a process's threads and how often each went to sleep, by {@code /proc}. Who sleeps
 * was woken before, so that counts wake-ups.
 *
 * @param threads by the kernel's number of the thread
 */
public record ThreadActivity(Map<Long, ThreadCounts> threads) {

  private static final Pattern NAME = field("Name", "(.*)");
  private static final Pattern SLEEPS = field("voluntary_ctxt_switches", "(\\d+)");

  /**
   * One thread.
   *
   * @param name as the kernel cuts it, 15 characters
   * @param cpuNanos CPU time ({@code schedstat})
   * @param wakeUps voluntary context switches ({@code status})
   */
  public record ThreadCounts(String name, long cpuNanos, long wakeUps) {

    /**
     * Reads a thread's files.
     *
     * @throws IOException when they are not of the kernel's form
     */
    static ThreadCounts parse(String schedstat, String status) throws IOException {
      try {
        return new ThreadCounts(
            group(NAME, status),
            Long.parseLong(schedstat.strip().split(" ", 2)[0]),
            Long.parseLong(group(SLEEPS, status)));
      } catch (NumberFormatException e) {
        throw new IOException("schedstat is no number: " + schedstat.strip(), e);
      }
    }

    private ThreadCounts minus(ThreadCounts before) {
      return new ThreadCounts(name, cpuNanos - before.cpuNanos, wakeUps - before.wakeUps);
    }

    private ThreadCounts plus(ThreadCounts other) {
      return new ThreadCounts(name, cpuNanos + other.cpuNanos, wakeUps + other.wakeUps);
    }
  }

  public ThreadActivity {
    threads = Map.copyOf(threads);
  }

  private static Pattern field(String name, String value) {
    return Pattern.compile("^" + name + ":[ \\t]*" + value + "$", Pattern.MULTILINE);
  }

  private static String group(Pattern field, String status) throws IOException {
    Matcher matcher = field.matcher(status);
    if (!matcher.find()) {
      throw new IOException("status of a thread has no " + field.pattern());
    }
    return matcher.group(1);
  }

  /**
   * Reads what a process's threads did up to now.
   *
   * @throws IOException when there is no such process, or no {@code /proc}
   */
  public static ThreadActivity of(long pid) throws IOException {
    return of(Path.of("/proc", Long.toString(pid), "task"));
  }

  static ThreadActivity of(Path tasks) throws IOException {
    Map<Long, ThreadCounts> found = new HashMap<>();
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(tasks)) {
      for (Path folder : folders) {
        String schedstat;
        String status;
        try {
          schedstat = Files.readString(folder.resolve("schedstat"));
          status = Files.readString(folder.resolve("status"));
        } catch (IOException e) {
          continue; // that thread has just ended
        }
        found.put(
            Long.valueOf(folder.getFileName().toString()), ThreadCounts.parse(schedstat, status));
      }
    }
    return new ThreadActivity(found);
  }

  /** What was done between an earlier look and this one; what ended threads did is not known. */
  public ThreadActivity since(ThreadActivity before) {
    Map<Long, ThreadCounts> more = new HashMap<>();
    threads.forEach((id, counts) -> {
      ThreadCounts earlier = before.threads.get(id);
      more.put(id, earlier == null ? counts : counts.minus(earlier));
    });
    return new ThreadActivity(more);
  }

  /** CPU time of all threads. */
  public long cpuNanos() {
    return threads.values().stream().mapToLong(ThreadCounts::cpuNanos).sum();
  }

  /** Wake-ups of all threads. */
  public long wakeUps() {
    return threads.values().stream().mapToLong(ThreadCounts::wakeUps).sum();
  }

  /** The same by name; threads of one name together. */
  public Map<String, ThreadCounts> byName() {
    Map<String, ThreadCounts> named = new TreeMap<>();
    threads.values().forEach(counts -> named.merge(counts.name(), counts, ThreadCounts::plus));
    return named;
  }
}
