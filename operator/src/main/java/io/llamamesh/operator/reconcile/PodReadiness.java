package io.llamamesh.operator.reconcile;

import io.llamamesh.crd.Names.Component;
import io.llamamesh.operator.plan.MeshPlan;
import io.llamamesh.operator.report.ScraperEndpoint;
import io.llamamesh.operator.resources.RegistryPorts;
import io.llamamesh.operator.status.AgentsReadiness;
import io.llamamesh.operator.status.Obstacle;
import io.llamamesh.operator.status.ScraperReadiness;
import java.net.URI;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Readiness of a mesh's agents and scrapers, by their pods. */
final class PodReadiness {
  private PodReadiness() {}

  static AgentsReadiness agents(
      @Nullable MeshPlan plan, List<NodeView> nodes, List<PodFacts> pods) {
    Map<String, PodFacts> agents = FactsReader.agents(pods);
    int expected = 0;
    int ready = (int) agents.values().stream().filter(PodFacts::isReady).count();
    List<String> missing = new ArrayList<>();
    for (NodeView node : nodes) {
      if (node.ready() && plan != null && plan.selected().contains(node.name())) {
        expected++;
        PodFacts agent = agents.get(node.name());
        if (!node.leaving() && (agent == null || !agent.isReady())) {
          missing.add(node.name());
        }
      }
    }
    missing.sort(Comparator.naturalOrder());
    return new AgentsReadiness(expected, ready, missing, missing.isEmpty() ? "" : hint(pods), null);
  }

  /** The trouble of the first agent that does not come up; empty: not known. */
  private static String hint(List<PodFacts> pods) {
    return pods.stream()
        .filter(pod -> pod.hasComponent(Component.AGENT) && !pod.isReady())
        .sorted(Comparator.comparing(PodFacts::name))
        .flatMap(pod -> Stream.ofNullable(pod.trouble()))
        .findFirst()
        .orElse("");
  }

  /**
   * Readiness of the scrapers.
   *
   * @param wanted replicas asked for
   */
  static ScraperReadiness scraper(int wanted, List<PodFacts> pods) {
    List<PodFacts> scrapers = scrapers(pods);
    int ready = (int) scrapers.stream().filter(PodFacts::isReady).count();
    return new ScraperReadiness(wanted, ready, obstacle(scrapers));
  }

  /**
   * Endpoints of scrapers that may answer: one that is not ready, since its kubelet is away, may do
   * so as well.
   */
  static List<ScraperEndpoint> scraperEndpoints(List<PodFacts> pods) {
    return scrapers(pods).stream().filter(PodFacts::isAlive).flatMap(PodReadiness::report).toList();
  }

  /** Hosts and ports at which a registry may answer. */
  static List<String> registries(List<PodFacts> pods) {
    return pods.stream()
        .filter(pod -> pod.hasComponent(Component.REGISTRY) && pod.isAlive())
        .map(PodFacts::ip)
        .filter(ip -> ip != null && !ip.isEmpty())
        .map(ip -> (ip.indexOf(':') >= 0 ? "[" + ip + "]" : ip) + ":" + RegistryPorts.INSIDE_PORT)
        .sorted()
        .toList();
  }

  private static Stream<ScraperEndpoint> report(PodFacts scraper) {
    String ip = scraper.ip();
    if (ip == null || ip.isEmpty() || scraper.pagePort() == null) {
      return Stream.empty();
    }
    String host = ip.indexOf(':') >= 0 ? "[" + ip + "]" : ip;
    return Stream.of(
        new ScraperEndpoint(
            scraper.name(),
            URI.create("http://" + host + ":" + scraper.pagePort() + "/"),
            scraper.isReady()));
  }

  private static List<PodFacts> scrapers(List<PodFacts> pods) {
    return pods.stream()
        .filter(pod -> pod.hasComponent(Component.SCRAPER))
        .sorted(Comparator.comparing(PodFacts::name))
        .toList();
  }

  private static @Nullable Obstacle obstacle(List<PodFacts> pods) {
    for (PodFacts pod : pods) {
      String trouble = pod.trouble();
      if (trouble != null) {
        boolean secret = trouble.contains("secret") && trouble.contains("not found");
        String reason = secret ? "SecretNotFound" : pod.waitingReason();
        return new Obstacle(
            reason,
            reason.equals("Unschedulable")
                ? trouble + " spec.scraper.resources, nodeSelector and tolerations decide"
                : trouble);
      }
    }
    return null;
  }
}
