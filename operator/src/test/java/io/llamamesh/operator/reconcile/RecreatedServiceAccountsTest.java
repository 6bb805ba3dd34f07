package io.llamamesh.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.llamamesh.crd.Names;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecreatedServiceAccountsTest {
  private static final String FIRST = "2026-11-30T12:00:00Z";
  private static final String SECOND = "2026-11-30T12:00:01Z";
  private static final String LATER = "2026-11-30T13:00:00Z";

  @Test
  void aTemplateHasNothingOfTheAccountThatItsPodsBeganWith() {
    assertThat(annotation(account(FIRST, "a"), workload(SECOND, null))).isNull();
    // Made in the same second, the account first.
    assertThat(annotation(account(FIRST, "a"), workload(FIRST, null))).isNull();
    assertThat(annotation(account(FIRST, "a"), null)).isNull();
  }

  @Test
  void anAccountThatIsNewerThanTheWorkloadIsInTheTemplateFromThenOn() {
    assertThat(annotation(account(LATER, "b"), workload(SECOND, null))).isEqualTo("b");
    assertThat(annotation(account(LATER, "b"), workload(SECOND, "b"))).isEqualTo("b");
    assertThat(annotation(account(LATER, "c"), workload(SECOND, "b"))).isEqualTo("c");
  }

  @Test
  void whileTheAccountIsNotThereNoPodIsReplaced() {
    assertThat(annotation(null, workload(SECOND, null))).isNull();
    assertThat(annotation(null, workload(SECOND, "b"))).isEqualTo("b");
  }

  @Test
  void aWorkloadThatWasMadeAnewHasPodsOfThePresentAccount() {
    assertThat(annotation(account(FIRST, "b"), workload(LATER, "b"))).isNull();
  }

  /** What the template says that shall be, by what is there. */
  private static @Nullable String annotation(
      @Nullable ServiceAccount account, @Nullable DaemonSet workload) {
    DaemonSet wanted = workload("", null);
    RecreatedServiceAccounts.annotateTemplates(
        List.of(account("", ""), wanted),
        object ->
            Optional.<HasMetadata>ofNullable(
                object instanceof ServiceAccount ? account : workload));
    Map<String, String> annotations = wanted.getSpec().getTemplate().getMetadata().getAnnotations();
    return annotations == null ? null : annotations.get(Names.ACCOUNT_ANNOTATION);
  }

  private static ServiceAccount account(String created, String uid) {
    return new ServiceAccountBuilder()
        .withNewMetadata()
        .withName("m-agent")
        .withUid(uid)
        .withCreationTimestamp(created)
        .endMetadata()
        .build();
  }

  private static DaemonSet workload(String created, @Nullable String annotated) {
    return new DaemonSetBuilder()
        .withNewMetadata()
        .withName("m-agent")
        .withCreationTimestamp(created)
        .endMetadata()
        .withNewSpec()
        .withNewTemplate()
        .withNewMetadata()
        .withAnnotations(annotated == null ? null : Map.of(Names.ACCOUNT_ANNOTATION, annotated))
        .endMetadata()
        .withNewSpec()
        .withServiceAccountName("m-agent")
        .endSpec()
        .endTemplate()
        .endSpec()
        .build();
  }
}
