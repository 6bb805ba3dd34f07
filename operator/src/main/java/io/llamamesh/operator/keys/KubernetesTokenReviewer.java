package io.llamamesh.operator.keys;

import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.UserInfo;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reviews by TokenReview; from Kubernetes 1.32 on its answer names pod and node. */
final class KubernetesTokenReviewer implements TokenReviewer {
  private static final String EXTRA = "authentication.kubernetes.io/";

  private final KubernetesClient client;

  KubernetesTokenReviewer(KubernetesClient client) {
    this.client = client;
  }

  @Override
  public @Nullable ReviewedToken review(String token, String audience) {
    TokenReview review =
        client
            .tokenReviews()
            .create(
                new TokenReviewBuilder()
                    .withNewSpec()
                    .withToken(token)
                    .withAudiences(audience)
                    .endSpec()
                    .build());
    if (review.getStatus() == null
        || !Boolean.TRUE.equals(review.getStatus().getAuthenticated())
        // A server that knows no audiences names none.
        || !review.getStatus().getAudiences().contains(audience)) {
      return null;
    }
    UserInfo user = review.getStatus().getUser();
    return user == null || user.getUsername() == null
        ? null
        : new ReviewedToken(
            user.getUsername(),
            extra(user, "pod-name"),
            extra(user, "pod-uid"),
            extra(user, "node-name"));
  }

  private static @Nullable String extra(UserInfo user, String name) {
    Map<String, List<String>> extra = user.getExtra();
    List<String> values = extra == null ? null : extra.get(EXTRA + name);
    return values == null || values.size() != 1 ? null : values.getFirst();
  }
}
