package io.llamamesh.scraper.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.scraper.store.BatchSplitter.Outcome;
import io.llamamesh.scraper.store.BatchSplitter.Page;
import io.llamamesh.scraper.store.WriteFailure.WriteFailedException;
import io.llamamesh.scraper.testing.SimulatedStore;
import io.llamamesh.testkit.store.SimulatedStoreScript.Fault;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Agents publish windows, a store takes, refuses, drops, fails, forgets to answer and changes its
 * mind. At any moment every line is in the store, or still at its agent, or one that the store does
 * not take whatever is done, and then it is counted.
 */
final class NothingIsLostTest {
  private static final int STEPS = 300;
  private static final int AGENTS = 6;
  private static final int PAGE = 24;

  static List<Long> seeds() {
    List<Long> seeds = new ArrayList<>();
    for (long seed = 1; seed <= 200; seed++) {
      seeds.add(seed);
    }
    return seeds;
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void everyLineIsWrittenOrAtItsAgentOrCounted(long seed) {
    Random random = new Random(seed);
    SimulatedStore store = new SimulatedStore(random, NothingIsLostTest::fault);
    BatchSplitter splitter = new BatchSplitter(store, () -> Instant.EPOCH);
    List<FakeAgent> agents = new ArrayList<>();
    for (int i = 0; i < AGENTS; i++) {
      agents.add(new FakeAgent(i, random));
    }
    int sinceWhole = Integer.MAX_VALUE / 2;
    for (int step = 0; step < STEPS; step++) {
      agents.get(random.nextInt(AGENTS)).publish();
      sinceWhole = write(agents, splitter, random, sinceWhole) ? 0 : sinceWhole + 1;
      checkAll(agents, store, splitter);
    }
    store.recover();
    for (int step = 0; step < STEPS; step++) {
      sinceWhole = write(agents, splitter, random, sinceWhole) ? 0 : sinceWhole + 1;
    }
    checkAll(agents, store, splitter);

    // Two have lines that cannot be stored: they may have to wait for others to publish.
    assertThat(agents.subList(2, AGENTS)).allMatch(agent -> agent.backlog() == 0);
  }

  /** Writes a page of each of some agents; whether one was taken whole. */
  private static boolean write(
      List<FakeAgent> agents, BatchSplitter splitter, Random random, int sinceWhole) {
    List<FakeAgent> writing = new ArrayList<>();
    List<Page> pages = new ArrayList<>();
    for (FakeAgent agent : agents) {
      if (agent.backlog() > 0 && random.nextInt(3) > 0) {
        writing.add(agent);
        pages.add(new Page(agent.page(), agent.failures > 5));
      }
    }
    if (pages.isEmpty()) {
      return false;
    }
    Outcome outcome;
    try {
      outcome = splitter.write(pages, sinceWhole < 10);
    } catch (WriteFailedException e) {
      assertThat(e.failure()).isInstanceOf(WriteFailure.Unavailable.class);
      assertThat(e.failure().message()).isNotBlank();
      return false;
    }
    boolean whole = false;
    for (int i = 0; i < writing.size(); i++) {
      FakeAgent agent = writing.get(i);
      if (outcome.failed().containsKey(i)) {
        agent.failures++;
      } else {
        agent.cursor += pages.get(i).lines().size();
        agent.failures = outcome.rejected().containsKey(i) ? agent.failures : 0;
        whole = whole || !outcome.rejected().containsKey(i);
      }
    }
    if (!outcome.rejected().isEmpty()) {
      assertThat(outcome.message()).isNotBlank();
    }
    return whole;
  }

  private static void checkAll(
      List<FakeAgent> agents, SimulatedStore store, BatchSplitter splitter) {
    List<String> missing = new ArrayList<>();
    for (FakeAgent agent : agents) {
      for (String line : agent.lines.subList(0, agent.cursor)) {
        if (!store.taken().contains(line)) {
          missing.add(line);
        }
      }
    }
    assertThat(missing).allMatch(line -> fault(line) != Fault.NONE);
    assertThat(splitter.rejected()).isGreaterThanOrEqualTo(missing.size());
  }

  private static Fault fault(String line) {
    return switch (line.substring(0, line.indexOf(','))) {
      case "bad" -> Fault.REFUSED;
      case "old" -> Fault.DROPPED;
      case "poison" -> Fault.FAILS;
      default -> Fault.NONE;
    };
  }

  /** Publishes windows of a few lines, of which some cannot be stored. */
  private static final class FakeAgent {
    private static final String[] FAULTS = {"bad", "old", "poison"};
    private final int number;
    private final Random random;
    private final List<String> lines = new ArrayList<>();
    private int cursor;
    private int failures;

    FakeAgent(int number, Random random) {
      this.number = number;
      this.random = random;
    }

    void publish() {
      int window = 1 + random.nextInt(12);
      for (int i = 0; i < window; i++) {
        // Some agents have a fault in most of their lines, most have none.
        boolean faulty = random.nextInt(10) < (number == 0 ? 8 : number == 1 ? 1 : 0);
        lines.add(
            (faulty ? FAULTS[random.nextInt(FAULTS.length)] : "good")
                + ",agent="
                + number
                + " x="
                + lines.size());
      }
    }

    int backlog() {
      return lines.size() - cursor;
    }

    List<String> page() {
      return List.copyOf(lines.subList(cursor, Math.min(lines.size(), cursor + PAGE)));
    }
  }
}
