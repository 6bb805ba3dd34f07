package io.llamamesh.agent.collector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WindowBookTest {
  private static final long SECOND = 1_000_000_000L;

  private final WindowBook book = new WindowBook(List::of);

  @Test
  void windowsEndAtMultiplesOfTheInterval() {
    for (long t = 13; t < 20; t++) {
      book.advance(t * SECOND, t * SECOND, 2 * SECOND);
    }
    assertThat(ends()).containsExactly(14 * SECOND, 16 * SECOND, 18 * SECOND);
  }

  @Test
  void whenTheIntervalShrinksThePresentWindowEndsAtTheNextBoundaryAndNotLater() {
    book.advance(0, 11 * SECOND, 30 * SECOND);
    book.advance(2 * SECOND, 13 * SECOND, 2 * SECOND);
    book.advance(3 * SECOND, 14 * SECOND, 2 * SECOND);
    book.advance(5 * SECOND, 16 * SECOND, 2 * SECOND);

    assertThat(ends()).containsExactly(14 * SECOND, 16 * SECOND);
  }

  @Test
  void whenTheIntervalGrowsNoEndIsUsedTwice() {
    book.advance(0, 11 * SECOND, 2 * SECOND);
    book.advance(2 * SECOND, 13 * SECOND, 2 * SECOND);
    book.advance(2 * SECOND, 13 * SECOND, 30 * SECOND);
    book.advance(19 * SECOND, 30 * SECOND, 30 * SECOND);

    assertThat(ends()).containsExactly(12 * SECOND, 30 * SECOND);
  }

  @Test
  void aClockThatIsSteppedBackALittleProlongsTheWindow() {
    book.advance(0, 100 * SECOND, 10 * SECOND);
    book.advance(SECOND, 101 * SECOND, 10 * SECOND);
    book.advance(2 * SECOND, 97 * SECOND, 10 * SECOND);
    book.advance(14 * SECOND, 109 * SECOND, 10 * SECOND);
    book.advance(15 * SECOND, 110 * SECOND, 10 * SECOND);
    book.advance(25 * SECOND, 120 * SECOND, 10 * SECOND);

    assertThat(ends()).containsExactly(110 * SECOND, 120 * SECOND);
  }

  @Test
  void aWindowThatIsLeftEarlyEndsInThatSecond() {
    book.advance(0, 100 * SECOND, 10 * SECOND);
    book.advance(10 * SECOND, 110 * SECOND, 10 * SECOND);
    book.endEarly(14 * SECOND, 114 * SECOND + 5);

    assertThat(ends()).containsExactly(110 * SECOND, 114 * SECOND);
  }

  @Test
  void aLifeThatBeginsWhereTheClockOfTheOneBeforeHadBeenAheadNamesItsWindowsAnew() {
    book.recordEarlierEnd(110 * SECOND);
    book.recordEarlierEnd(120 * SECOND);
    book.recordEarlierEnd(110 * SECOND + 3_000_000);
    for (long t = 105; t <= 131; t++) {
      book.advance(t * SECOND, t * SECOND, 10 * SECOND);
    }

    assertThat(ends())
        .containsExactly(110 * SECOND + 4_000_000, 120 * SECOND + 4_000_000, 130 * SECOND);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void howeverTheClockIsSteppedNoEndIsUsedTwiceAndNoWindowIsLongerThanTwo(long seed) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    long now = 0;
    long wall = 10_000 * SECOND;
    int present = 0;
    long presentSince = 0;
    List<Long> ends = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      long step = random.nextLong(SECOND);
      now += step;
      wall += step;
      if (random.nextInt(50) == 0) {
        wall += random.nextLong(20 * SECOND) - 10 * SECOND;
      }
      if (random.nextInt(500) == 0) {
        wall += (random.nextBoolean() ? 3600 : -3600) * SECOND;
      }
      book.advance(now, wall, 10 * SECOND);
      if (book.currentId() != present) {
        present = book.currentId();
        presentSince = now;
      }
      assertThat(now - presentSince).isLessThanOrEqualTo(21 * SECOND);
      for (WindowBook.Window window = book.pollSettled(now, SECOND);
          window != null;
          window = book.pollSettled(now, SECOND)) {
        ends.add(window.endRealtime());
      }
    }
    assertThat(ends).hasSizeGreaterThan(500).doesNotHaveDuplicates();
  }

  @Test
  void aClockThatIsSteppedBackBeginsAnotherWindow() {
    book.advance(0, 100 * SECOND, 10 * SECOND);
    int before = book.currentId();
    book.advance(SECOND, 50 * SECOND, 10 * SECOND);

    assertThat(book.currentId()).isNotEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void whileTheClockGoesOnEveryEndComesOnceInOrderAndNoWindowIsPublishedBeforeIt(long seed) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    long interval = 10 * SECOND;
    long now = 0;
    List<Long> ends = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      now += random.nextLong(SECOND);
      if (random.nextInt(100) == 0) {
        interval = (1 + random.nextInt(60)) * SECOND;
      }
      book.advance(now, now, interval);
      WindowBook.Window window = book.pollSettled(now, SECOND);
      if (window != null) {
        assertThat(window.endRealtime()).isLessThanOrEqualTo(now);
        ends.add(window.endRealtime());
      }
    }
    Set<Long> unique = new HashSet<>(ends);
    assertThat(ends).isSorted().hasSameSizeAs(unique);
  }

  private List<Long> ends() {
    List<Long> ends = new ArrayList<>();
    for (WindowBook.Window window = book.pollSettled(Long.MAX_VALUE / 2, SECOND);
        window != null;
        window = book.pollSettled(Long.MAX_VALUE / 2, SECOND)) {
      ends.add(window.endRealtime());
    }
    return ends;
  }
}
