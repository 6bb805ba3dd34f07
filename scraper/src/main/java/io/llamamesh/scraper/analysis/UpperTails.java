package io.llamamesh.scraper.analysis;

/**
 * Exact upper tails of the distributions behind the loss tests. Each sums decreasing terms until
 * the next is negligible: some five thousand at most.
 */
final class UpperTails {
  private static final double NEGLIGIBLE = 1e-17;

  /** Trials at most, as of three windows with 30,000 probes a second; more are scaled down. */
  static final long MAX_TRIALS = 1_000_000;

  private static final double[] STIRLING = {
    1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360
  };
  private static final double HALF_LOG_TWO_PI = 0.9189385332046727;
  private static final int STIRLING_FROM = 10;

  private UpperTails() {}

  /** {@code P(X ≥ successes)} of a binomial distribution. */
  static double binomial(long successes, long trials, double probability) {
    if (trials > MAX_TRIALS) {
      return binomial(scaled(successes, trials), MAX_TRIALS, probability);
    }
    if (successes <= 0 || probability >= 1) {
      return 1;
    }
    if (successes > trials || probability <= 0) {
      return 0;
    }
    double mean = trials * probability;
    if (successes <= mean) {
      return Math.clamp(1 - binomialBelow(successes, trials, probability), 0, 1);
    }
    // Each term from here on is smaller than the one before.
    double odds = probability / (1 - probability);
    double term = binomialTerm(successes, trials, probability);
    double sum = 0;
    for (long k = successes; k <= trials && term > sum * NEGLIGIBLE; k++) {
      sum += term;
      term *= odds * (trials - k) / (k + 1);
    }
    return Math.min(1, sum);
  }

  /** {@code P(X < successes)} for successes up to the mean: terms decrease downwards. */
  private static double binomialBelow(long successes, long trials, double probability) {
    double odds = (1 - probability) / probability;
    double term = binomialTerm(successes - 1, trials, probability);
    double sum = 0;
    for (long k = successes - 1; k >= 0 && term > sum * NEGLIGIBLE; k--) {
      sum += term;
      term *= odds * k / (trials - k + 1);
    }
    return sum;
  }

  /** A count scaled to {@link #MAX_TRIALS}: a test of fewer trials is more conservative. */
  private static long scaled(long part, long all) {
    return (long) ((double) part / all * MAX_TRIALS);
  }

  private static double binomialTerm(long successes, long trials, double probability) {
    return Math.exp(
        logChoose(trials, successes)
            + successes * Math.log(probability)
            + (trials - successes) * Math.log1p(-probability));
  }

  /**
   * {@code P(X ≥ marked)} when {@code drawn} are drawn out of {@code all} of which {@code
   * allMarked} are marked: Fisher's exact test of a part against the rest.
   */
  static double hypergeometric(long marked, long drawn, long allMarked, long all) {
    if (all > MAX_TRIALS) {
      return hypergeometric(
          scaled(marked, all), scaled(drawn, all), scaled(allMarked, all), MAX_TRIALS);
    }
    long most = Math.min(drawn, allMarked);
    long least = Math.max(0, drawn - (all - allMarked));
    if (marked <= least) {
      return 1;
    }
    if (marked > most) {
      return 0;
    }
    boolean above = marked > (double) drawn * allMarked / all;
    double term = hypergeometricTerm(above ? marked : marked - 1, drawn, allMarked, all);
    double sum = 0;
    if (above) {
      for (long k = marked; k <= most && term > sum * NEGLIGIBLE; k++) {
        sum += term;
        term *= up(k, drawn, allMarked, all);
      }
      return Math.min(1, sum);
    }
    for (long k = marked - 1; k >= least && term > sum * NEGLIGIBLE; k--) {
      sum += term;
      term /= up(k - 1, drawn, allMarked, all);
    }
    return Math.clamp(1 - sum, 0, 1);
  }

  /** Ratio of the probabilities of {@code k + 1} and {@code k}. */
  private static double up(long k, long drawn, long allMarked, long all) {
    return (double) (allMarked - k)
        / (k + 1)
        * (drawn - k)
        / Math.max(1, all - allMarked - drawn + k + 1);
  }

  private static double hypergeometricTerm(long marked, long drawn, long allMarked, long all) {
    return Math.exp(
        logChoose(allMarked, marked)
            + logChoose(all - allMarked, drawn - marked)
            - logChoose(all, drawn));
  }

  static double logChoose(long n, long k) {
    return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
  }

  private static double logFactorial(long n) {
    if (n < STIRLING_FROM) {
      double product = 1;
      for (int i = 2; i <= n; i++) {
        product *= i;
      }
      return Math.log(product);
    }
    // Stirling's series for ln Γ(x), x = n + 1; its error at x ≥ 11 is below 1e-15.
    double x = n + 1.0;
    double correction = 0;
    double power = x;
    for (double coefficient : STIRLING) {
      correction += coefficient / power;
      power *= x * x;
    }
    return (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI + correction;
  }
}
