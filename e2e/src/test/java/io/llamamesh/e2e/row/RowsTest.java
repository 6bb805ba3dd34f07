package io.llamamesh.e2e.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowsTest {
  private static final List<Row> ROWS = Rows.all(new StormSettings(1, 3));

  @Test
  void eachRowHasANameOfItsOwn() {
    assertThat(ROWS).extracting(Row::name).doesNotHaveDuplicates();
  }

  @Test
  void theShortFormInstallsBreaksAndUninstalls() {
    assertThat(ROWS)
        .filteredOn(Row::isShort)
        .extracting(Row::name)
        .containsExactly("install", "ingress-loss", "uninstall");
  }

  @Test
  void seededCoursesAreForThoseWhoAskForThem() {
    assertThat(ROWS)
        .filteredOn(Row::isOnDemand)
        .extracting(Row::name)
        .containsExactly("nothing-lost", "storm");
  }

  @ParameterizedTest
  @CsvSource({"412us, 0.412", "412µs, 0.412", "1.5ms, 1.5", "2s, 2000", "'', 0"})
  void durationsOfTheStatusAreRead(String shown, double millis) {
    assertThat(InstallRows.parseMillis(shown)).isEqualTo(millis);
  }

  @Test
  void whatIsNoDurationIsNotRead() {
    assertThatThrownBy(() -> InstallRows.parseMillis("3 days"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({"20.83, 21", "2.36, 2.4", "0.00, 0", "100.0, 100", "0.0213, 0.021", "'', ''"})
  void numbersAreComparedAsTheStatusShowsThem(String number, String shown) {
    assertThat(LossRows.rounded(number)).isEqualTo(shown);
  }

  @ParameterizedTest
  @CsvSource({"1000.0, 40", "1009.9, 30.1", "1004.0, 36"})
  void theWindowThatGoesOnIsTheFirstOfFour(BigDecimal now, BigDecimal seconds) {
    Instant at = Instant.ofEpochMilli(now.movePointRight(3).longValueExact());

    assertThat(LossRows.untilEnd(4, at))
        .isEqualTo(Duration.ofMillis(seconds.movePointRight(3).longValueExact()));
  }

  @ParameterizedTest
  @CsvSource({
    "False, node-2, Ingress, true",
    "False, node-2, Egress, false",
    "False, node-1, Ingress, false",
    "True, node-2, Ingress, false",
  })
  void aFaultIsNamedWhenNodeAndDirectionAreRight(
      String status, String node, String direction, boolean named) throws IOException {
    var document =
        new ObjectMapper()
            .readTree(
                """
                {"conditions": [{"type": "NetworkHealthy", "status": "%s", "reason": "NodeLoss"}],
                 "suspects": [{"name": "%s", "direction": "%s"}]}
                """
                    .formatted(status, node, direction));

    assertThat(LossRows.named(document, "node-2", "Ingress").isEmpty()).isEqualTo(named);
  }

  @Test
  void theEndsOfAConnectionAreReadFromWhatSsSays() {
    String plain = "0      0          10.99.0.1:6443      10.244.1.3:40112";
    String mapped =
        "0 0 [::ffff:10.99.0.11]:44444 [::ffff:10.96.0.1]:443 users:((\"java\",pid=12,fd=9))";

    assertThat(OutageRows.End.of(plain, false))
        .isEqualTo(new OutageRows.End("10.244.1.3", "40112"));
    assertThat(OutageRows.End.of(mapped, true))
        .isEqualTo(new OutageRows.End("10.99.0.11", "44444"));
    assertThat(OutageRows.End.of(mapped, false)).isEqualTo(new OutageRows.End("10.96.0.1", "443"));
  }
}
