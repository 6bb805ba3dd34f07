package io.llamamesh.kube;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class WatchUriTest {
  private static final URI WATCH =
      URI.create(
          "wss://10.0.0.1:6443/api/v1/namespaces/net/pods?labelSelector=a%3Db%2Cc%20in%20%28d%29"
              + "&timeoutSeconds=600&resourceVersion=17&allowWatchBookmarks=true&watch=true");

  @Test
  void aWatchIsToldFromAList() {
    assertThat(WatchUri.isWatch(WATCH)).isTrue();
    assertThat(WatchUri.isWatch(URI.create("https://h/api/v1/pods?watch=false"))).isFalse();
    assertThat(WatchUri.isWatch(URI.create("https://h/api/v1/pods?labelSelector=watch%3Dtrue")))
        .isFalse();
    assertThat(WatchUri.isWatch(URI.create("https://h/api/v1/pods"))).isFalse();
  }

  @Test
  void theTimeIsReplacedAndAllElseStaysAsItIsWritten() {
    assertThat(WatchUri.withTimeout(WATCH, Duration.ofSeconds(33)))
        .hasToString(
            "wss://10.0.0.1:6443/api/v1/namespaces/net/pods?labelSelector=a%3Db%2Cc%20in%20%28d%29"
                + "&resourceVersion=17&allowWatchBookmarks=true&watch=true&timeoutSeconds=33");
  }

  @Test
  void aWatchThatIsOpenedAnewIsTheSame() {
    URI later = URI.create(WATCH.toString().replace("=17", "=99").replace("=600", "=30"));

    assertThat(WatchUri.key(later)).isEqualTo(WatchUri.key(WATCH));
    assertThat(WatchUri.key(URI.create(WATCH.toString().replace("net", "other"))))
        .isNotEqualTo(WatchUri.key(WATCH));
  }

  @Test
  void livesAreSpreadAndEndWithinAMinuteWithAllThatFollows() {
    SplittableRandom random = new SplittableRandom(1);
    WatchLimits limits = WatchLimits.DEFAULT;
    for (int i = 0; i < 1000; i++) {
      assertThat(limits.draw(random)).isBetween(limits.life(), limits.life().plus(limits.jitter()));
    }
    assertThat(limits.life().plus(limits.jitter()).plus(limits.grace()).plus(limits.opening()))
        .isLessThan(Duration.ofSeconds(60));
  }
}
