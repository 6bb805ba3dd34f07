package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.scraper.stores.RealStore;
import io.llamamesh.scraper.testing.FakeFullMesh;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads a store back, and counts points. */
final class StoreReadback {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private StoreReadback() {}

  /** Waits until all that was published is there, and checks that nothing is there twice. */
  static void everyWindowOfEveryPairIsThereOnce(String what, RealStore store, FakeFullMesh load) {
    Set<String> published = load.published();
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .ignoreExceptions()
        .until(() -> new HashSet<>(store.rows()).containsAll(published));
    List<String> rows = rows(store);
    System.out.printf(
        "%s: published=%d stored=%d missing=%d twice=%d%n",
        what,
        published.size(),
        rows.size(),
        published.stream().filter(row -> !rows.contains(row)).limit(1).count(),
        rows.size() - new HashSet<>(rows).size());
    assertThat(rows).doesNotHaveDuplicates().hasSameSizeAs(published);
    assertThat(new HashSet<>(rows)).isEqualTo(published);
  }

  private static List<String> rows(RealStore store) {
    try {
      return store.rows();
    } catch (Exception e) {
      throw new AssertionError("the store cannot be read back", e);
    }
  }

  /** A duration as {@code 15s} or {@code 2m} of a system property. */
  static Duration duration(String property, String absent) {
    return new Durations().convert(System.getProperty(property, absent));
  }
}
