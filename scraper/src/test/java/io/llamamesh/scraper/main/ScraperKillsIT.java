package io.llamamesh.scraper.main;

import static org.awaitility.Awaitility.await;

import io.llamamesh.scraper.stores.RealStore;
import io.llamamesh.scraper.testing.FakeFullMesh;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The scraper is killed at random moments, seeded. By hand more often and with lives long enough to
 * save cursors: {@code mvn verify -pl scraper -am -Dit.test=ScraperKillsIT -Dkills=20 -Dlife=75s}.
 */
@Execution(ExecutionMode.CONCURRENT)
final class ScraperKillsIT {
  private static final int KILLS = Integer.getInteger("kills", 4);

  /** The longest life; every fifth may last that long, the others a tenth. */
  private static final Duration LIFE = StoreReadback.duration("life", "6s");

  @ParameterizedTest
  @EnumSource(value = RealStore.Kind.class, names = "QUEST_DB")
  void whateverTheMomentEveryWindowOfEveryPairIsThereOnce(RealStore.Kind kind, @TempDir Path folder)
      throws Exception {
    Random random = new Random(20);
    try (RealStore store = kind.in(folder);
        FakeFullMesh load = new FakeFullMesh(5)) {
      store.start();
      load.begin(Duration.ofMillis(500));
      List<String> options = new ArrayList<>(store.options());
      options.add("--collectors=" + load.addresses());
      options.add("--cursor-file=" + folder.resolve("cursors.json"));
      for (int kill = 1; kill <= KILLS; kill++) {
        long longest = kill % 5 == 0 ? LIFE.toMillis() : Math.max(4_000, LIFE.toMillis() / 10);
        Duration life = Duration.ofMillis(1 + random.nextLong(longest));
        try (ScraperProcess scraper = scraper(folder, options)) {
          scraper.launch();
          await().pollDelay(life).atMost(life.plusSeconds(60)).until(() -> true);
          scraper.process().kill();
        }
      }
      load.end();
      try (ScraperProcess scraper = scraper(folder, options)) {
        scraper.start();
        StoreReadback.everyWindowOfEveryPairIsThereOnce(
            "scraper killed %d times, %s".formatted(KILLS, kind), store, load);
      }
    }
  }

  private static ScraperProcess scraper(Path folder, List<String> options) throws Exception {
    return new ScraperProcess(folder.resolve("scraper.log"), Map.of(), options);
  }
}
