package io.llamamesh.scraper.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CellColumnsTest {
  /** With counts of a usual pair, and with such as need more than two bytes. */
  @ParameterizedTest
  @CsvSource({"1, 1000", "2, 1000", "3, 70000", "4, 3000000", "5, 70000"})
  void packedCellsAreTheCellsThatWerePut(long seed, int most) {
    Random random = new Random(seed);
    CellColumns columns = new CellColumns(1);
    TreeMap<Long, Cell> expected = new TreeMap<>();
    long first = 1_795_000_000;
    for (int i = 0; i < 2_000; i++) {
      // Mostly the next window, now and then an earlier one, late or once more.
      long end = first + i / 4 * 10L + random.nextInt(3) * 10L;
      Cell cell = cell(end, random, most);
      columns.put(cell);
      expected.put(end, cell);
      if (random.nextInt(50) == 0) {
        int count = random.nextInt(columns.size());
        columns.dropFirst(count);
        List.copyOf(expected.keySet()).subList(0, count).forEach(expected::remove);
      }
    }

    assertThat(columns.size()).isEqualTo(expected.size());
    int index = 0;
    for (Cell cell : expected.values()) {
      Cell packed = columns.get(index++);
      assertThat(packed)
          .usingRecursiveComparison()
          .ignoringFields("rttP50", "rttP99", "jitter")
          .isEqualTo(cell);
      assertThat(packed.rttP50()).isCloseTo(cell.rttP50(), within(cell.rttP50() / 1_000));
      assertThat(packed.rttP99()).isCloseTo(cell.rttP99(), within(cell.rttP99() / 1_000));
      assertThat(packed.jitter()).isNaN();
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "10, 1", "60, 60"})
  void endsAreEncodedHoweverTheyJump(int step, int unit) {
    Random random = new Random(step);
    CellColumns columns = new CellColumns(unit);
    TreeMap<Long, Cell> expected = new TreeMap<>();
    long span = 65_535L * unit;
    long end = 1_795_000_020L / 60 * 60;
    for (int i = 0; i < 3_000; i++) {
      long steps =
          random.nextInt(100) == 0
              ? random.nextInt(-70_000 * unit / step, 70_000 * unit / step)
              : random.nextInt(4);
      end += step * steps;
      Cell cell = cell(end, random, 1_000);
      long newest = expected.isEmpty() ? end : expected.lastKey();
      if (columns.put(cell)) {
        expected.put(end, cell);
        // What was dropped for it was old.
        while (expected.size() > columns.size()) {
          assertThat(end - expected.pollFirstEntry().getKey()).isGreaterThan(span / 2);
        }
      } else {
        assertThat(newest - end).isGreaterThan(span);
      }
      assertThat(columns.end(0)).isEqualTo(expected.firstKey());
      assertThat(columns.end(columns.size() - 1)).isEqualTo(expected.lastKey());
    }

    int index = 0;
    for (Cell cell : expected.values()) {
      assertThat(columns.get(index).end()).isEqualTo(cell.end());
      assertThat(columns.get(index++).sent()).isEqualTo(cell.sent());
    }
    assertThat(index).isEqualTo(columns.size());
  }

  private static Cell cell(long end, Random random, int most) {
    int sent = random.nextInt(most);
    boolean rare = random.nextInt(10) == 0;
    return new Cell(
        end,
        sent,
        random.nextInt(most),
        random.nextInt(most),
        random.nextInt(most),
        random.nextInt(most),
        random.nextInt(most),
        0.05 + random.nextDouble(),
        1 + 100 * random.nextDouble(),
        Double.NaN,
        rare ? sent + random.nextInt(65_536) : sent,
        rare ? random.nextInt(65_536) : 0,
        rare ? random.nextInt(65_536) : 0,
        rare ? random.nextInt(65_536) : 0);
  }
}
