package io.llamamesh.e2e.row;

import io.fabric8.kubernetes.api.model.Pod;
import io.llamamesh.e2e.cluster.Failure;
import io.llamamesh.e2e.cluster.Mesh;
import io.llamamesh.e2e.cluster.Release;
import io.llamamesh.e2e.cluster.Wait;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * On which nodes the operator that leads and the scraper that writes are, and how they get there.
 */
final class LeaderPlacement {
  private static final String OPERATOR_LEASE = "llama-mesh-operator";
  private static final String SCRAPER_LEASE = Mesh.NAME + "-scraper";
  private static final Duration MOVE_WITHIN = Duration.ofMinutes(2);

  private final Stage stage;

  LeaderPlacement(Stage stage) {
    this.stage = stage;
  }

  /** The node of the operator that leads; empty while nobody does. */
  String leader() {
    return node("operator");
  }

  /** The node of the scraper that writes; empty while nobody does. */
  String writer() {
    return node("scraper");
  }

  /** The name of the pod that leads or writes, by the part's Lease. */
  private @Nullable String holder(String part) {
    String lease = part.equals("operator") ? OPERATOR_LEASE : SCRAPER_LEASE;
    var found = stage.client().leases().inNamespace(Release.NAME).withName(lease).get();
    return found == null ? null : found.getSpec().getHolderIdentity();
  }

  private String node(String part) {
    String holder = holder(part);
    return stage.mesh().pods(part).stream()
        .filter(Mesh::isReady)
        .filter(pod -> pod.getMetadata().getName().equals(holder))
        .map(pod -> pod.getSpec().getNodeName())
        .findFirst()
        .orElse("");
  }

  private Set<String> nodes(String part) {
    return stage.mesh().pods(part).stream()
        .filter(Mesh::isReady)
        .map(pod -> pod.getSpec().getNodeName())
        .collect(Collectors.toSet());
  }

  /**
   * Moves leadership until one node has what is asked for.
   *
   * @param leads whether it shall have the operator that leads
   * @param writes whether it shall have the scraper that writes
   * @return the node
   */
  String arrange(boolean leads, boolean writes) throws InterruptedException {
    spread("operator");
    spread("scraper");
    Wait.until(
        "two operators and two scrapers on nodes of their own",
        MOVE_WITHIN,
        () -> {
          var operators = nodes("operator");
          var scrapers = nodes("scraper");
          return operators.size() == 2 && scrapers.size() == 2
              ? ""
              : "operators on " + operators + ", scrapers on " + scrapers;
        });
    Set<String> operators = nodes("operator");
    Set<String> scrapers = nodes("scraper");
    if (!leads && !writes) {
      // Of three nodes one has neither, at the latest when both are on one.
      List<String> free =
          stage.names().stream()
              .filter(name -> !name.equals(leader()) && !name.equals(writer()))
              .toList();
      return free.getFirst();
    }
    String node =
        stage.names().stream()
            .filter(name -> !leads || operators.contains(name))
            .filter(name -> !writes || scrapers.contains(name))
            .findFirst()
            .orElseThrow(
                () -> new Failure("operators on " + operators + ", scrapers on " + scrapers));
    move("operator", leads, node);
    move("scraper", writes, node);
    return node;
  }

  /**
   * Deletes one of two pods that share a node: after a node's outage they may, and Kubernetes moves
   * neither by itself. The one that leads stays.
   */
  private void spread(String part) {
    String holder = holder(part);
    List<Pod> ready = stage.mesh().pods(part).stream().filter(Mesh::isReady).toList();
    if (ready.size() == 2 && nodes(part).size() == 1) {
      ready.stream()
          .filter(pod -> !pod.getMetadata().getName().equals(holder))
          .findFirst()
          .ifPresent(pod -> stage.client().resource(pod).delete());
    }
  }

  /** Deletes the pod that leads where it should not, until it is where it should. */
  private void move(String part, boolean there, String node) throws InterruptedException {
    boolean operator = part.equals("operator");
    Wait.until(
        part + (there ? " leads on " : " leads elsewhere than on ") + node,
        MOVE_WITHIN,
        () -> {
          String at = operator ? leader() : writer();
          if (at.isEmpty()) {
            return "nobody leads";
          }
          if (at.equals(node) == there) {
            return "";
          }
          for (Pod pod : stage.mesh().pods(part)) {
            if (at.equals(pod.getSpec().getNodeName())) {
              stage.client().resource(pod).delete();
            }
          }
          Wait.until(
              "another " + part,
              Duration.ofSeconds(60),
              () -> {
                String now = operator ? leader() : writer();
                return now.isEmpty() || now.equals(at) ? "it is on " + now : "";
              });
          return "moved from " + at;
        });
  }
}
