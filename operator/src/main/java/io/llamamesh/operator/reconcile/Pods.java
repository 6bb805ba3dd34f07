package io.llamamesh.operator.reconcile;

import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.operator.plan.MeshPlan;
import io.llamamesh.operator.status.AgentsState;
import io.llamamesh.operator.status.Obstacle;
import io.llamamesh.operator.status.ScraperAddress;
import io.llamamesh.operator.status.ScraperState;
import java.net.URI;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a mesh's pods tell of it. */
final class Pods {
  private Pods() {}

  static AgentsState agents(@Nullable MeshPlan plan, List<NodeView> nodes, List<PodFacts> pods) {
    Map<String, PodFacts> agents = FactsReader.agents(pods);
    int expected = 0;
    int ready = (int) agents.values().stream().filter(PodFacts::ready).count();
    List<String> missing = new ArrayList<>();
    for (NodeView node : nodes) {
      if (node.ready() && plan != null && plan.selected().contains(node.name())) {
        expected++;
        PodFacts agent = agents.get(node.name());
        if (agent == null || !agent.ready()) {
          missing.add(node.name());
        }
      }
    }
    missing.sort(Comparator.naturalOrder());
    return new AgentsState(expected, ready, missing, null);
  }

  static ScraperState scraper(@Nullable LlamaMeshSpec spec, List<PodFacts> pods) {
    int wanted =
        spec == null || spec.scraper() == null || spec.scraper().replicas() == null
            ? 1
            : spec.scraper().replicas();
    List<PodFacts> scrapers = scrapers(pods);
    int ready = (int) scrapers.stream().filter(PodFacts::ready).count();
    return new ScraperState(wanted, ready, obstacle(scrapers));
  }

  /** Where the ready scrapers answer. */
  static List<ScraperAddress> reports(List<PodFacts> pods) {
    return scrapers(pods).stream().filter(PodFacts::ready).flatMap(Pods::report).toList();
  }

  private static Stream<ScraperAddress> report(PodFacts scraper) {
    String ip = scraper.ip();
    if (ip == null || ip.isEmpty() || scraper.pagePort() == null) {
      return Stream.empty();
    }
    String host = ip.indexOf(':') >= 0 ? "[" + ip + "]" : ip;
    return Stream.of(
        new ScraperAddress(
            scraper.name(), URI.create("http://" + host + ":" + scraper.pagePort() + "/")));
  }

  private static List<PodFacts> scrapers(List<PodFacts> pods) {
    return pods.stream()
        .filter(pod -> pod.isA(Component.SCRAPER))
        .sorted(Comparator.comparing(PodFacts::name))
        .toList();
  }

  private static @Nullable Obstacle obstacle(List<PodFacts> pods) {
    for (PodFacts pod : pods) {
      String reason = pod.waitingReason();
      // These two are what every pod goes through.
      if (reason != null
          && !pod.terminating()
          && !reason.equals("ContainerCreating")
          && !reason.equals("PodInitializing")) {
        String message = pod.waitingMessage() == null ? "" : pod.waitingMessage();
        boolean secret = message.contains("secret") && message.contains("not found");
        return new Obstacle(
            secret ? "SecretNotFound" : reason, "pod " + pod.name() + ": " + message);
      }
    }
    return null;
  }
}
