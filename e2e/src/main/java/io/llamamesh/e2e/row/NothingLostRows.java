package io.llamamesh.e2e.row;

import io.fabric8.kubernetes.api.model.Pod;
import io.llamamesh.e2e.cluster.Failure;
import io.llamamesh.e2e.cluster.Mesh;
import io.llamamesh.e2e.cluster.Wait;
import io.llamamesh.testkit.store.FakeStoreServer;
import io.llamamesh.testkit.store.SimulatedStoreScript;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/** Windows of real pods before a store that answers whatever it likes. */
final class NothingLostRows {
  private static final int SCHEDULES = 10;
  private static final int STEPS = 6;
  private static final Duration WELL_WITHIN = Duration.ofMinutes(3);
  private static final Duration PUBLISHED_WITHIN = Duration.ofMinutes(2);
  private static final Duration ACCOUNTED_WITHIN = Duration.ofMinutes(3);
  private static final int SHORTEST_PAUSE_MILLIS = 500;
  private static final int LONGEST_PAUSE_MILLIS = 4_000;
  private static final int NAMED = 5;

  private NothingLostRows() {}

  /**
   * The row.
   *
   * @param seed of the first schedule; each further one has the next
   */
  static Row nothingLost(long seed) {
    return Row.onDemand(
        "nothing-lost",
        SCHEDULES
            + " schedules (--seed is the first one's) of store answers, deleted agent pods and killed or deleted"
            + " scraper pods: every published window is in the store once, or counted as given up in a log line with"
            + " its agent; only by --only",
        (stage, figures) -> run(stage, figures, seed));
  }

  private static void run(Stage stage, Figures figures, long seed) throws Exception {
    stage.withoutMesh();
    figures.note("first seed", seed);
    InetAddress address = InetAddress.getByName(stage.cluster().family().controlPlane());
    try (FakeStoreServer store = new FakeStoreServer(address)) {
      SimulatedStoreScript well = script(seed);
      well.recover();
      store.script(well);
      stage
          .mesh()
          .apply(
              "{collector: {interval: 2s}, scraper: {influxdb: {url: \"%s\", v1: {database: llama}}}}"
                  .formatted(store.url()));
      stage.awaitHealthy(WELL_WITHIN);
      WindowLedger ledger = new WindowLedger();
      try (WindowWitness witness = new WindowWitness(stage, ledger)) {
        Course course = new Course(stage, figures, store, ledger, witness);
        course.scripts.add(well);
        for (int i = 0; i < SCHEDULES; i++) {
          course.play(seed + i);
        }
        course.note();
      }
      stage.deleteMesh();
    }
  }

  private static SimulatedStoreScript script(long seed) {
    return new SimulatedStoreScript(new Random(~seed), line -> SimulatedStoreScript.Fault.NONE);
  }

  /** One schedule after another, on the same mesh. */
  private static final class Course {
    private final Stage stage;
    private final Figures figures;
    private final FakeStoreServer store;
    private final WindowLedger ledger;
    private final WindowWitness witness;
    private final Instant from = Instant.now();

    /** A store forgets nothing when it changes its mind. */
    private final List<SimulatedStoreScript> scripts = new ArrayList<>();

    private WindowLedger.Balance balance = new WindowLedger.Balance(0, 0, Set.of());
    private int deletedAgents;
    private int killedScrapers;
    private int deletedScrapers;

    Course(
        Stage stage,
        Figures figures,
        FakeStoreServer store,
        WindowLedger ledger,
        WindowWitness witness) {
      this.stage = stage;
      this.figures = figures;
      this.store = store;
      this.ledger = ledger;
      this.witness = witness;
    }

    void play(long seed) throws Exception {
      Random random = new Random(seed);
      SimulatedStoreScript answers = script(seed);
      scripts.add(answers);
      store.script(answers);
      awaitNewWindows();
      for (int step = 0; step < STEPS; step++) {
        act(random);
        // Often the next thing happens before all have recovered from this one.
        if (random.nextBoolean()) {
          awaitNewWindows();
        }
        Thread.sleep(random.nextInt(SHORTEST_PAUSE_MILLIS, LONGEST_PAUSE_MILLIS));
      }
      awaitNewWindows();
      Instant to = Instant.now();
      answers.recover();
      Duration took =
          Wait.until(
              "schedule " + seed + ": every window is accounted for",
              ACCOUNTED_WITHIN,
              () -> {
                balance = ledger.balance(stored(), witness.givenUp(), from, to);
                return witness.problem().isEmpty() ? unexplained() : witness.problem();
              });
      Set<String> doubled = WindowLedger.doubled(stored());
      Failure.unless(doubled.isEmpty(), "schedule " + seed + ": doubled: " + abbreviate(doubled));
      stage.log(
          "schedule %d: %d windows so far, %d of them counted as given up, all accounted for after %s"
              .formatted(seed, balance.published(), balance.counted(), Figures.seconds(took)));
    }

    private String unexplained() {
      return balance.unexplained().isEmpty() ? "" : abbreviate(balance.unexplained());
    }

    private Collection<String> stored() {
      Set<String> stored = new HashSet<>();
      scripts.forEach(script -> stored.addAll(script.taken()));
      return stored;
    }

    private void act(Random random) throws IOException, InterruptedException {
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> deleteAgent(random);
        case 3 -> {
          deleteAgent(random);
          deleteAgent(random);
        }
        case 4, 5 -> killScraper(random);
        case 6 -> {
          for (Pod pod : someOf("scraper", random)) {
            stage.log("scraper deleted: " + pod.getMetadata().getName());
            stage.client().resource(pod).delete();
            deletedScrapers++;
          }
        }
        default -> {}
      }
    }

    private void deleteAgent(Random random) {
      for (Pod pod : someOf("agent", random)) {
        stage.log("agent deleted: " + pod.getMetadata().getName());
        stage.client().resource(pod).delete();
        deletedAgents++;
      }
    }

    /** As where a node loses its power: without a word, and its folder is gone. */
    private void killScraper(Random random) throws IOException, InterruptedException {
      for (Pod pod : someOf("scraper", random)) {
        stage.log("scraper killed: " + pod.getMetadata().getName());
        stage.cluster().node(pod.getSpec().getNodeName()).killContainer(pod);
        stage.client().resource(pod).withGracePeriod(0).delete();
        killedScrapers++;
      }
    }

    /** A pod that is at work; none where none is. */
    private List<Pod> someOf(String component, Random random) {
      List<Pod> ready = stage.mesh().pods(component).stream().filter(Mesh::isReady).toList();
      return ready.isEmpty() ? List.of() : List.of(ready.get(random.nextInt(ready.size())));
    }

    /** Waits until every agent has published again. */
    private void awaitNewWindows() throws InterruptedException {
      Instant since = Instant.now();
      Wait.until(
          "agents publish",
          PUBLISHED_WITHIN,
          () -> {
            Set<String> silent = new TreeSet<>(stage.names());
            silent.removeIf(agent -> ledger.hasPublishedSince(agent, since));
            return silent.isEmpty() ? "" : "nothing from " + silent + witness.problem();
          });
    }

    void note() {
      figures.note("windows", balance.published());
      figures.note("counted as given up", balance.counted());
      figures.note("unaccounted", balance.unexplained().size());
      figures.note("doubled", 0);
      figures.note("agents deleted", deletedAgents);
      figures.note("scrapers killed", killedScrapers);
      figures.note("scrapers deleted", deletedScrapers);
      figures.note("requests of the store", store.requests().size());
    }
  }

  private static String abbreviate(Collection<?> all) {
    return all.size() + ", as " + all.stream().limit(NAMED).toList();
  }
}
