package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Size of the scraper's heap, which follows its memory limit: what it ships with holds an hour of
 * 64,000 pairs, and larger meshes or longer retentions need more.
 */
final class ScraperHeap {
  /** Memory of the process beside its heap, as measured by the scraper's benchmark. */
  private static final int BESIDE_MIB = 168;

  /** Of a limit above the usual one, for what grows with the number of agents. */
  private static final int GROWS_BY = 16;

  private static final int USUAL_LIMIT_MIB = 512;
  private static final int LEAST_MIB = 64;
  private static final int MOST_MIB = 1 << 20;
  private static final int YOUNG_MIB = 64;
  private static final BigDecimal MIB = BigDecimal.valueOf(1 << 20);

  private ScraperHeap() {}

  /** Variables of the container; none where there is no limit. */
  static List<EnvVar> variables(@Nullable ResourceRequirements resources) {
    Quantity limit =
        resources == null || resources.getLimits() == null
            ? null
            : resources.getLimits().get("memory");
    if (limit == null) {
      return List.of();
    }
    int mib = mebibytes(limit);
    if (mib == 0) {
      // The API server refuses the Deployment, or no process could run: either shows there.
      return List.of();
    }
    int beside = BESIDE_MIB + Math.max(0, mib - USUAL_LIMIT_MIB) / GROWS_BY;
    int heap = Math.max(LEAST_MIB, mib - beside);
    int young = Math.min(YOUNG_MIB, heap / 4);
    return List.of(PodParts.literal("JAVA_OPTS", "-Xmx" + heap + "m -Xmn" + young + "m"));
  }

  /** Whole MiB; 0 where that is not a size. */
  private static int mebibytes(Quantity limit) {
    try {
      return Quantity.getAmountInBytes(limit)
          .divideToIntegralValue(MIB)
          .min(BigDecimal.valueOf(MOST_MIB))
          .max(BigDecimal.ZERO)
          .intValue();
    } catch (IllegalArgumentException e) {
      return 0;
    }
  }
}
