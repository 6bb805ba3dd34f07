package io.llamamesh.scraper.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TailsTest {
  @ParameterizedTest
  @CsvSource({
    "1,480,0.0001",
    "5,480,0.0001",
    "24,480,0.0001",
    "1,1,0.5",
    "3,7,0.3",
    "7,7,0.3",
    "200,480,0.3",
    "480,480,0.01"
  })
  void binomialTailsAreExact(int successes, int trials, double probability) {
    double exact = exactBinomial(successes, trials, probability);

    assertThat(UpperTails.binomial(successes, trials, probability))
        .isCloseTo(exact, within(exact * 1e-9));
  }

  @ParameterizedTest
  @CsvSource({"5,120,8,480", "24,120,24,480", "1,4,1,4", "2,3,3,5", "120,120,240,480", "3,10,9,40"})
  void hypergeometricTailsAreExact(int marked, int drawn, int allMarked, int all) {
    double exact = exactHypergeometric(marked, drawn, allMarked, all);

    assertThat(UpperTails.hypergeometric(marked, drawn, allMarked, all))
        .isCloseTo(exact, within(exact * 1e-9));
  }

  @Test
  void whatMustHappenIsCertainAndWhatCannotIsNot() {
    assertThat(UpperTails.binomial(0, 10, 0.1)).isEqualTo(1);
    assertThat(UpperTails.binomial(11, 10, 0.1)).isEqualTo(0);
    assertThat(UpperTails.hypergeometric(0, 5, 3, 10)).isEqualTo(1);
    assertThat(UpperTails.hypergeometric(4, 5, 3, 10)).isEqualTo(0);
  }

  @ParameterizedTest
  @CsvSource({"24,480,0.3", "1,480,0.3", "480,960,0.9", "100,1000,0.1"})
  void binomialTailsAreExactBelowTheMeanToo(int successes, int trials, double probability) {
    double exact = exactBinomial(successes, trials, probability);

    assertThat(UpperTails.binomial(successes, trials, probability))
        .isCloseTo(exact, within(exact * 1e-9));
  }

  @ParameterizedTest
  @CsvSource({"2,120,240,480", "30,120,240,480", "1,10,39,40", "119,120,479,480"})
  void hypergeometricTailsAreExactBelowTheMeanToo(int marked, int drawn, int allMarked, int all) {
    double exact = exactHypergeometric(marked, drawn, allMarked, all);

    assertThat(UpperTails.hypergeometric(marked, drawn, allMarked, all))
        .isCloseTo(exact, within(exact * 1e-9));
  }

  /** Numbers that nobody counted, from an agent that lies: a sum up to them would never end. */
  @Test
  @Timeout(20)
  void whateverTheNumbersTheSumsEnd() {
    long[] counts = {1, 3, 1000, 999_999, 1_000_001, Integer.MAX_VALUE, 4_000_000_000_000_000_000L};
    for (long trials : counts) {
      for (long successes : counts) {
        for (double probability : new double[] {1e-300, 1e-4, 0.01, 0.5, 0.99, 1 - 1e-16}) {
          assertThat(UpperTails.binomial(successes, trials, probability)).isBetween(0.0, 1.0);
        }
        for (long marked : counts) {
          if (successes <= trials && marked <= trials) {
            long least = Math.max(0, successes - (trials - marked));
            for (long both :
                new long[] {least, least / 2 + marked / 2, Math.min(marked, successes)}) {
              assertThat(UpperTails.hypergeometric(both, successes, marked, trials))
                  .isBetween(0.0, 1.0);
            }
          }
        }
      }
    }
  }

  @Test
  void moreTrialsThanAreSummedAreJudgedAsIfTheyWereThose() {
    long many = 100 * UpperTails.MAX_TRIALS;

    assertThat(UpperTails.binomial(many / 50, many, 0.01))
        .isEqualTo(UpperTails.binomial(UpperTails.MAX_TRIALS / 50, UpperTails.MAX_TRIALS, 0.01))
        .isLessThan(1e-9);
    assertThat(UpperTails.binomial(many / 100, many, 0.01)).isBetween(0.4, 0.6);
  }

  private static double exactBinomial(int successes, int trials, double probability) {
    MathContext digits = MathContext.DECIMAL128;
    BigDecimal p = new BigDecimal(probability);
    BigDecimal q = BigDecimal.ONE.subtract(p);
    BigDecimal sum = BigDecimal.ZERO;
    for (int k = successes; k <= trials; k++) {
      sum =
          sum.add(
              new BigDecimal(choose(trials, k))
                  .multiply(p.pow(k, digits), digits)
                  .multiply(q.pow(trials - k, digits), digits),
              digits);
    }
    return sum.doubleValue();
  }

  private static double exactHypergeometric(int marked, int drawn, int allMarked, int all) {
    BigInteger sum = BigInteger.ZERO;
    for (int k = marked; k <= Math.min(drawn, allMarked); k++) {
      sum = sum.add(choose(allMarked, k).multiply(choose(all - allMarked, drawn - k)));
    }
    return new BigDecimal(sum)
        .divide(new BigDecimal(choose(all, drawn)), MathContext.DECIMAL128)
        .doubleValue();
  }

  private static BigInteger choose(int n, int k) {
    if (k < 0 || k > n) {
      return BigInteger.ZERO;
    }
    BigInteger result = BigInteger.ONE;
    for (int i = 1; i <= k; i++) {
      result = result.multiply(BigInteger.valueOf(n - k + i)).divide(BigInteger.valueOf(i));
    }
    return result;
  }
}
