package io.llamamesh.scraper.pull;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PageSizeTest {
  private final PageSize size = new PageSize();

  @Test
  void isHalvedDownToOneWindow() {
    grow(1_000);
    assertThat(size.windows()).isEqualTo(PageSize.MAX_WINDOWS).isEqualTo(10);

    assertThat(size.tryShrink()).isTrue();
    assertThat(size.windows()).isEqualTo(5);
    assertThat(size.tryShrink()).isTrue();
    assertThat(size.tryShrink()).isTrue();
    assertThat(size.windows()).isEqualTo(1);

    assertThat(size.tryShrink()).isFalse();
    assertThat(size.windows()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 40_000, 60_000, 120_000, 400_000, 5_000_000})
  void pagesGrowToWhatIsWantedAndNoFurther(int bytesOfAWindow) {
    grow(bytesOfAWindow);

    int best = Math.clamp(PageSize.WANTED / bytesOfAWindow, 1, PageSize.MAX_WINDOWS);
    assertThat(size.windows()).isEqualTo(best);
  }

  @Test
  void windowsThatBecomeLargerAreAskedForInFewerAtOnce() {
    grow(10_000);
    size.recordPage(10, 10 * 250_000, true);
    assertThat(size.windows()).isEqualTo(2);
  }

  @Test
  void aPageThatHeldFewerThanAskedForTeachesNothingAboutMore() {
    size.recordPage(2, 100, false);
    assertThat(size.windows()).isEqualTo(2);
  }

  private void grow(int bytesOfAWindow) {
    for (int i = 0; i < 10; i++) {
      size.recordPage(size.windows(), size.windows() * bytesOfAWindow, true);
    }
  }
}
