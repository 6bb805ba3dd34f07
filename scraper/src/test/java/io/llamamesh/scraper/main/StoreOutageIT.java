package io.llamamesh.scraper.main;

import static org.awaitility.Awaitility.await;

import io.llamamesh.results.MeshReport.Store.State;
import io.llamamesh.scraper.analysis.Limits;
import io.llamamesh.scraper.auth.Tokens;
import io.llamamesh.scraper.cluster.CursorStore;
import io.llamamesh.scraper.cluster.Leadership;
import io.llamamesh.scraper.cluster.StaticAgents;
import io.llamamesh.scraper.run.ScraperConfig;
import io.llamamesh.scraper.run.ScraperRun;
import io.llamamesh.scraper.stores.RealStore;
import io.llamamesh.scraper.testing.FakeFullMesh;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The store is killed under load and started again. By hand as long as it may take: {@code mvn
 * verify -pl scraper -am -Dit.test=StoreOutageIT -Doutage=2m}.
 */
@Execution(ExecutionMode.CONCURRENT)
final class StoreOutageIT {
  private static final Duration OUTAGE = StoreReadback.duration("outage", "8s");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @ParameterizedTest
  @EnumSource(RealStore.Kind.class)
  void afterAStoreWasKilledEveryWindowOfEveryPairIsThereOnce(
      RealStore.Kind kind, @TempDir Path folder) throws Exception {
    try (RealStore store = kind.in(folder);
        FakeFullMesh load = new FakeFullMesh(5)) {
      store.start();
      load.begin(Duration.ofMillis(250));
      try (ScraperRun scraper = scraper(store, load)) {
        await().atMost(PATIENCE).until(() -> scraper.report().store().pointsWritten() > 200);

        store.kill();
        await().atMost(PATIENCE).until(() -> state(scraper) == State.UNREACHABLE);
        await().pollDelay(OUTAGE).atMost(OUTAGE.plus(PATIENCE)).until(() -> true);
        store.start();
        await().atMost(PATIENCE).until(() -> state(scraper) == State.REACHABLE);
        int windows = load.windows();
        await().atMost(PATIENCE).until(() -> load.windows() > windows + 4);
        load.end();

        StoreReadback.everyWindowOfEveryPairIsThereOnce(
            "%s killed for %s".formatted(kind, OUTAGE), store, load);
      }
    }
  }

  private static State state(ScraperRun scraper) {
    return scraper.report().store().state();
  }

  private static ScraperRun scraper(RealStore store, FakeFullMesh load) throws Exception {
    return ScraperRun.start(
        new ScraperConfig(
            "default",
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            Duration.ofSeconds(1),
            Duration.ofHours(1),
            Duration.ofSeconds(5),
            Limits.DEFAULT),
        new StaticAgents(load.addresses(), 8100),
        store.open(),
        CursorStore.NONE,
        Leadership.ALONE,
        Tokens.NONE);
  }
}
