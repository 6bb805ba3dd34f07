package io.llamamesh.local.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.LlamaMeshSpec.Group;
import io.llamamesh.crd.LlamaMeshSpec.Target;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.stream.Stream;

/**
 * Stands in for the cluster's DNS: a file of addresses and names that pods' JVMs look names up in
 * ({@code jdk.net.hosts.file}). It has the Services, by the addresses of their ready pods, and
 * since such a JVM looks nowhere else, the targets outside the cluster too.
 *
 * <p>For one thread.
 */
final class ClusterDns {
  private static final String FILE = "hosts";

  private final Path file;
  private final Executor lookups = task -> Thread.ofVirtual().name("dns").start(task);
  private final Map<String, CompletableFuture<List<String>>> outside = new HashMap<>();
  private String written = "";

  /** Keeps the file in a folder. */
  ClusterDns(Path folder) {
    this.file = folder.resolve(FILE);
  }

  /**
   * JVM option that makes it the resolver; the path is relative, since one with a blank would not
   * survive.
   */
  static String jvmOption(Path folder, Path workingFolder) {
    return "-Djdk.net.hosts.file=" + workingFolder.relativize(folder.resolve(FILE));
  }

  /** Writes the file where it changed. */
  void update(List<Service> services, List<Pod> pods, List<LlamaMesh> meshes) throws IOException {
    SortedSet<String> lines = new TreeSet<>(List.of("127.0.0.1 localhost"));
    for (Service service : services) {
      Map<String, String> selector = service.getSpec().getSelector();
      if (selector != null && !selector.isEmpty()) {
        String name =
            service.getMetadata().getName() + "." + service.getMetadata().getNamespace() + ".svc";
        pods.stream()
            .filter(pod -> selects(service, selector, pod))
            .forEach(pod -> lines.add(pod.getStatus().getPodIP() + " " + name));
      }
    }
    meshes.stream()
        .flatMap(ClusterDns::hosts)
        .distinct()
        .forEach(name -> addresses(name).forEach(address -> lines.add(address + " " + name)));
    String text = String.join("\n", lines) + "\n";
    if (!text.equals(written)) {
      Path next = file.resolveSibling(FILE + ".next");
      Files.writeString(next, text);
      Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
      written = text;
    }
  }

  private static boolean selects(Service service, Map<String, String> selector, Pod pod) {
    return pod.getMetadata().getNamespace().equals(service.getMetadata().getNamespace())
        && pod.getMetadata().getLabels().entrySet().containsAll(selector.entrySet())
        && Workloads.isReady(pod);
  }

  private static Stream<String> hosts(LlamaMesh mesh) {
    List<Group> groups =
        mesh.getSpec() == null || mesh.getSpec().groups() == null
            ? List.of()
            : mesh.getSpec().groups();
    return groups.stream()
        .flatMap(group -> Objects.requireNonNullElse(group.targets(), List.<Target>of()).stream())
        .map(Target::host)
        // Addresses are looked up nowhere.
        .filter(host -> host.chars().anyMatch(Character::isLetter) && host.indexOf(':') < 0);
  }

  /** Nothing until the lookup, which may take its time, has ended. */
  private List<String> addresses(String name) {
    return outside
        .computeIfAbsent(name, host -> CompletableFuture.supplyAsync(() -> resolve(host), lookups))
        .getNow(List.of());
  }

  private static List<String> resolve(String host) {
    try {
      return Arrays.stream(InetAddress.getAllByName(host))
          .map(InetAddress::getHostAddress)
          .toList();
    } catch (UnknownHostException e) {
      return List.of();
    }
  }
}
