package io.llamamesh.scraper.pull;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class PageSizeTest {
  private final PageSize size = new PageSize();

  @Test
  void isHalvedDownToOneWindow() {
    assertThat(size.windows()).isEqualTo(10);

    assertThat(size.tooLarge()).isTrue();
    assertThat(size.windows()).isEqualTo(5);
    assertThat(size.tooLarge()).isTrue();
    assertThat(size.tooLarge()).isTrue();
    assertThat(size.windows()).isEqualTo(1);

    assertThat(size.tooLarge()).isFalse();
    assertThat(size.windows()).isEqualTo(1);
  }

  @Test
  void growsByOneAfterManyThatWereTakenAndNeverBeyondTheMost() {
    assertThat(size.tooLarge()).isTrue();
    take(PageSize.MORE_AFTER - 1);
    assertThat(size.windows()).isEqualTo(5);

    take(1);
    assertThat(size.windows()).isEqualTo(6);

    take(100 * PageSize.MORE_AFTER);
    assertThat(size.windows()).isEqualTo(PageSize.MOST);
  }

  private void take(int times) {
    for (int i = 0; i < times; i++) {
      size.taken();
    }
  }
}
