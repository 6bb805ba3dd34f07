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

  /** Whether this machine has version 2 only. */
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
