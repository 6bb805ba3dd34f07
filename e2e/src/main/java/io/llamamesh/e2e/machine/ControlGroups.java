package io.llamamesh.e2e.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The control groups in which a node's kubelet makes those of its pods: one folder in each
 * hierarchy of version 1, or one in the only hierarchy of version 2.
 */
public final class ControlGroups {
  private static final Path ROOT = Path.of("/sys/fs/cgroup");
  private static final String CONTROLLERS = "cgroup.controllers";
  private static final List<String> NEEDED = List.of("cpuset", "cpu", "memory", "pids");
  private static final long REMOVE_TRIES = 100;

  private ControlGroups() {}

  /** True where this machine has version 2 only. */
  public static boolean isVersion2() {
    return Files.exists(ROOT.resolve(CONTROLLERS));
  }

  /** Makes a group with every controller that a kubelet needs. */
  public static void create(String name) throws IOException {
    if (isVersion2()) {
      Path at = ROOT;
      for (Path part : Path.of(name)) {
        enable(at);
        at = at.resolve(part.toString());
        Files.createDirectories(at);
      }
      enable(at);
      return;
    }
    for (Path hierarchy : hierarchies()) {
      if (hierarchy.endsWith("unified")) {
        // Without controllers, beside those of version 1.
        continue;
      }
      Path at = hierarchy;
      for (Path part : Path.of(name)) {
        Path parent = at;
        at = at.resolve(part.toString());
        Files.createDirectories(at);
        // A new group of version 1 has no processors and no memory, and takes no process.
        for (String file : List.of("cpuset.cpus", "cpuset.mems")) {
          if (Files.exists(at.resolve(file)) && Files.readString(at.resolve(file)).isBlank()) {
            Files.writeString(at.resolve(file), Files.readString(parent.resolve(file)));
          }
        }
      }
    }
  }

  private static void enable(Path group) throws IOException {
    String there = Files.readString(group.resolve(CONTROLLERS));
    for (String controller : NEEDED) {
      if (List.of(there.strip().split(" ")).contains(controller)) {
        Files.writeString(group.resolve("cgroup.subtree_control"), "+" + controller);
      }
    }
  }

  /** Removes a group with all below it; no process may be left in it. */
  public static void remove(String name) throws IOException, InterruptedException {
    for (Path hierarchy : hierarchies()) {
      Path group = hierarchy.resolve(name);
      for (int i = 0; Files.exists(group); i++) {
        try (Stream<Path> below = Files.walk(group)) {
          for (Path folder :
              below.filter(Files::isDirectory).sorted(Comparator.reverseOrder()).toList()) {
            Files.deleteIfExists(folder);
          }
        } catch (IOException | java.io.UncheckedIOException e) {
          // Processes that were killed leave their group a moment later.
          if (i == REMOVE_TRIES) {
            throw e;
          }
          TimeUnit.MILLISECONDS.sleep(50);
        }
      }
    }
  }

  /**
   * Memory of a container's group, in bytes.
   *
   * @param peak the most so far, with the page cache
   * @param workingSet what it uses now without the part of the page cache that the kernel takes
   *     back first: what kubelets judge by
   * @param limitHits how often it reached its limit and something had to be taken back
   */
  public record Memory(long peak, long workingSet, long limitHits) {}

  /**
   * Memory of a container.
   *
   * @param group one that was made here and that the container is below
   * @param container its id
   */
  public static Memory memory(String group, String container) throws IOException {
    Path top = (isVersion2() ? ROOT : ROOT.resolve("memory")).resolve(group);
    Path at;
    try (Stream<Path> below = Files.walk(top)) {
      at =
          below
              .filter(Files::isDirectory)
              .filter(folder -> folder.getFileName().toString().contains(container))
              .findFirst()
              .orElseThrow(() -> new IOException("no group of container " + container));
    }
    return isVersion2()
        ? new Memory(
            number(at, "memory.peak"),
            number(at, "memory.current") - field(at, "memory.stat", "inactive_file"),
            field(at, "memory.events", "max"))
        : new Memory(
            number(at, "memory.max_usage_in_bytes"),
            number(at, "memory.usage_in_bytes") - field(at, "memory.stat", "total_inactive_file"),
            number(at, "memory.failcnt"));
  }

  private static long number(Path group, String file) throws IOException {
    return Long.parseLong(Files.readString(group.resolve(file)).strip());
  }

  private static long field(Path group, String file, String field) throws IOException {
    for (String line : Files.readAllLines(group.resolve(file))) {
      if (line.startsWith(field + " ")) {
        return Long.parseLong(line.substring(field.length() + 1));
      }
    }
    throw new IOException(group.resolve(file) + " has no " + field);
  }

  private static List<Path> hierarchies() throws IOException {
    if (isVersion2()) {
      return List.of(ROOT);
    }
    try (Stream<Path> found = Files.list(ROOT)) {
      return found
          .filter(Files::isDirectory)
          .filter(folder -> !Files.isSymbolicLink(folder))
          .toList();
    }
  }
}
