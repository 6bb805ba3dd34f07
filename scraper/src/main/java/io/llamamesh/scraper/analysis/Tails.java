package io.llamamesh.scraper.analysis;

/** Exact upper tails of the distributions behind the loss tests. */
final class Tails {
  private static final double NEGLIGIBLE = 1e-17;
  private static final double[] STIRLING = {
    1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360
  };
  private static final double HALF_LOG_TWO_PI = 0.9189385332046727;
  private static final int STIRLING_FROM = 10;

  private Tails() {}

  /** {@code P(X ≥ successes)} of a binomial distribution. */
  static double binomial(long successes, long trials, double probability) {
    if (successes <= 0 || probability >= 1) {
      return 1;
    }
    if (successes > trials || probability <= 0) {
      return 0;
    }
    double odds = probability / (1 - probability);
    double term =
        Math.exp(
            logChoose(trials, successes)
                + successes * Math.log(probability)
                + (trials - successes) * Math.log1p(-probability));
    double sum = 0;
    for (long k = successes; k <= trials; k++) {
      sum += term;
      term *= odds * (trials - k) / (k + 1);
      if (term < sum * NEGLIGIBLE && k > trials * probability) {
        break;
      }
    }
    return Math.min(1, sum);
  }

  /**
   * {@code P(X ≥ marked)} when {@code drawn} are drawn out of {@code all} of which {@code
   * allMarked} are marked: Fisher's exact test of a part against the rest.
   */
  static double hypergeometric(long marked, long drawn, long allMarked, long all) {
    long most = Math.min(drawn, allMarked);
    long least = Math.max(0, drawn - (all - allMarked));
    if (marked <= least) {
      return 1;
    }
    if (marked > most) {
      return 0;
    }
    double term =
        Math.exp(
            logChoose(allMarked, marked)
                + logChoose(all - allMarked, drawn - marked)
                - logChoose(all, drawn));
    double sum = 0;
    for (long k = marked; k <= most; k++) {
      sum += term;
      term *=
          (double) (allMarked - k)
              / (k + 1)
              * (drawn - k)
              / Math.max(1, all - allMarked - drawn + k + 1);
    }
    return Math.min(1, sum);
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
