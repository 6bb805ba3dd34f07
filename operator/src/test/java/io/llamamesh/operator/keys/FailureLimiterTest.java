package io.llamamesh.operator.keys;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A limit of refusals by source. */
final class FailureLimiterTest {
  private final AtomicLong nanos = new AtomicLong();
  private final FailureLimiter limiter = new FailureLimiter(nanos::get);

  @Test
  void aSourceThatWasRefusedTooOftenWaitsForAMinuteAndOthersDoNot() {
    InetAddress one = InetAddress.ofLiteral("192.0.2.1");
    exhaust(one);

    assertThat(limiter.isExhausted(one)).isTrue();
    assertThat(limiter.isExhausted(InetAddress.ofLiteral("192.0.2.2"))).isFalse();
    nanos.addAndGet(60_000_000_000L);
    assertThat(limiter.isExhausted(one)).isFalse();
    assertThat(limiter.recordFailure(one)).isTrue();
    assertThat(limiter.recordFailure(one)).isFalse();
    assertThat(limiter.isExhausted(one)).isFalse();
  }

  @Test
  void theAddressesOfANetworkOfIpv6AreOneSource() {
    exhaust(InetAddress.ofLiteral("2001:db8::1"));

    assertThat(limiter.isExhausted(InetAddress.ofLiteral("2001:db8::2:1"))).isTrue();
    assertThat(limiter.isExhausted(InetAddress.ofLiteral("2001:db8:0:1::1"))).isFalse();
  }

  @Test
  void ofVeryManySourcesTheQuietOnesAreForgotten() {
    InetAddress first = InetAddress.ofLiteral("192.0.2.1");
    exhaust(first);

    for (int i = 0; i < FailureLimiter.MAX_SOURCES; i++) {
      var _ = limiter.recordFailure(InetAddress.ofLiteral("10.0." + i / 256 + "." + i % 256));
    }

    assertThat(limiter.isExhausted(first)).isFalse();
  }

  private void exhaust(InetAddress source) {
    for (int i = 0; i < FailureLimiter.MOST_A_MINUTE; i++) {
      var _ = limiter.recordFailure(source);
    }
  }
}
