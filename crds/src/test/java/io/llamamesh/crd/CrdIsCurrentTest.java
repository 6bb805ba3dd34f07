package io.llamamesh.crd;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The checked-in CRD is the one that the types make. */
class CrdIsCurrentTest {
  private static final Path CHECKED_IN = Path.of("llamameshes.llamamesh.io-v1.yaml");

  @Test
  void theCheckedInCrdIsTheOneThatTheTypesMake() throws Exception {
    String generated = CrdGeneration.yaml();
    if (Boolean.getBoolean("crd.update")) {
      Files.writeString(CHECKED_IN, generated);
    }
    assertThat(CHECKED_IN)
        .as("renew it with: mvn -pl crds test -Dcrd.update=true")
        .exists()
        .hasContent(generated);
  }
}
