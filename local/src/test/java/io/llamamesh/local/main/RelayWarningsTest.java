package io.llamamesh.local.main;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RelayWarningsTest {
  private final AtomicLong dropped = new AtomicLong();
  private final AtomicLong heldUp = new AtomicLong();
  private final AtomicLong strangers = new AtomicLong();
  private final RelayWarnings words = new RelayWarnings(dropped::get, heldUp::get, strangers::get);

  @Test
  void whatWasToldIsNoNewsButStaysInTheSum() {
    assertThat(words.sinceLastCall()).isEmpty();

    dropped.set(3);
    heldUp.set(5);
    assertThat(words.sinceLastCall()).singleElement().asString().contains("dropped 3", "held up 5");
    assertThat(words.sinceLastCall()).isEmpty();

    dropped.set(4);
    assertThat(words.sinceLastCall()).singleElement().asString().contains("dropped 1", "held up 0");
    assertThat(words.all()).singleElement().asString().contains("dropped 4", "held up 5");
  }

  @Test
  void strangersAreNotCalledLoss() {
    strangers.set(2);

    assertThat(words.sinceLastCall())
        .singleElement()
        .asString()
        .contains("2 datagrams from outside")
        .doesNotContain("loss");
  }
}
