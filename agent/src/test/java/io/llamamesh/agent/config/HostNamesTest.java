package io.llamamesh.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HostNamesTest {

  private static final long SECOND = 1_000_000_000L;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Map<String, List<String>> dns = new ConcurrentHashMap<>();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicLong now = new AtomicLong();
  private final CountDownLatch slow = new CountDownLatch(1);
  private final HostNames names =
      new HostNames(
          name -> {
            asked.incrementAndGet();
            if (name.equals("slow")) {
              hang();
            }
            if (!dns.containsKey(name)) {
              throw new UnknownHostException(name);
            }
            return dns.get(name).stream().map(InetAddress::ofLiteral).toArray(InetAddress[]::new);
          },
          now::get);

  private void hang() {
    try {
      slow.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @AfterEach
  void close() {
    names.close();
  }

  /** Lets time go by and waits until what was due then has been asked. */
  private boolean after(long seconds, int questions) {
    int before = asked.get();
    now.addAndGet(seconds * SECOND);
    boolean changed = names.refresh();
    await().until(() -> asked.get() == before + questions);
    return changed;
  }

  @Test
  void aNameThatIsNotFoundIsLookedUpAgainAfterOneSecondThenTwoUpToAMinute() {
    names.follow(Set.of("db"), PATIENCE);
    assertThat(names.address("db")).isNull();
    await().until(() -> names.failures() == 1);

    for (long pause : new long[] {1, 2, 4, 8, 16, 32, 60, 60}) {
      long failures = names.failures();
      after(pause - 1, 0);
      after(1, 1);
      await().until(() -> names.failures() == failures + 1);
    }
    dns.put("db", List.of("10.0.0.7"));
    after(60, 1);

    await().until(names::refresh);
    assertThat(names.address("db")).isEqualTo(InetAddress.ofLiteral("10.0.0.7"));
  }

  @Test
  void anAddressThatChangesIsFoundWithinAMinuteAndOneOfSeveralStays() {
    dns.put("edge", List.of("10.0.0.1", "10.0.0.2"));
    names.follow(Set.of("edge"), PATIENCE);
    assertThat(names.address("edge")).isEqualTo(InetAddress.ofLiteral("10.0.0.1"));

    dns.put("edge", List.of("10.0.0.2", "10.0.0.1"));
    after(60, 1);
    dns.put("edge", List.of("10.0.0.3"));
    after(60, 1);

    await().until(names::refresh);
    assertThat(names.address("edge")).isEqualTo(InetAddress.ofLiteral("10.0.0.3"));
  }

  @Test
  void whileDnsIsDownTheLastAddressStays() {
    dns.put("edge", List.of("10.0.0.1"));
    names.follow(Set.of("edge"), PATIENCE);

    dns.clear();
    after(60, 1);
    await().until(() -> names.failures() == 1);

    assertThat(names.refresh()).isFalse();
    assertThat(names.address("edge")).isEqualTo(InetAddress.ofLiteral("10.0.0.1"));
  }

  @Test
  void aResolverThatHangsHoldsUpNobodyLongAndItsAnswerIsAChange() {
    dns.put("slow", List.of("10.0.0.9"));
    names.follow(Set.of("slow"), Duration.ZERO);
    assertThat(names.address("slow")).isNull();

    slow.countDown();

    await().until(names::refresh);
    assertThat(names.address("slow")).isEqualTo(InetAddress.ofLiteral("10.0.0.9"));
  }
}
