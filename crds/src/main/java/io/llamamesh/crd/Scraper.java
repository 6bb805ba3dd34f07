package io.llamamesh.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The scraper: how many, how big, where, and which store it writes to. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Scraper(
    @JsonPropertyDescription(
            "How many, spread over nodes and zones as far as they go, so that the loss of one node does not blind the mesh. Every one pulls all agents; one of them writes to the store.")
        @Min(1)
        @Max(5)
        @Default("" + MeshDefaults.SCRAPERS)
        @Nullable Integer replicas,
    @JsonPropertyDescription(
            "Requests and limits, entry by entry over the default: requests of 50m CPU, 256Mi memory and 64Mi ephemeral-storage, limits of 512Mi memory and as much ephemeral-storage. The heap follows the memory limit. A limit of 0 is none; {} is neither requests nor limits.")
        @Nullable ResourceRequirements resources,
    @JsonPropertyDescription("Nodes that may carry a scraper, beside kubernetes.io/os=linux.")
        @Size(max = 32)
        @Nullable Map<String, String> nodeSelector,
    @JsonPropertyDescription(
            "Taints that scrapers tolerate. Beside these, where they are not named: node.kubernetes.io/not-ready and node.kubernetes.io/unreachable for 30 seconds.")
        @Size(max = 64)
        @Nullable List<Toleration> tolerations,
    @JsonPropertyDescription(
            "Affinity of the scrapers' pods, as in a pod's spec. Replicas are spread over nodes and zones without it.")
        @Nullable Affinity affinity,
    @JsonPropertyDescription("Priority class of the scrapers' pods.") @Size(max = 253)
        @Nullable String priorityClassName,
    @JsonPropertyDescription("Where results are stored. Absent: in memory only.")
        @Nullable InfluxDb influxdb,
    @JsonPropertyDescription(
            "Name of a Secret in the mesh's namespace. Its entry 'token' has the tokens, one a line, by which people may start bursts on the page. Absent: nobody may.")
        @Size(min = 1, max = 253)
        @Nullable String tokenSecret) {

  /** A store that speaks InfluxDB's write API. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(
      value = "has(self.v1) != has(self.v2)",
      message =
          "exactly one of v1 and v2 must be given: v2 for InfluxDB 2.x, 3.x, 1.8 and compatible stores, v1 for 1.x with user and password")
  public record InfluxDb(
      @JsonPropertyDescription("The store's URL, http or https.")
          @Required
          @Pattern("^https?://[^ ]+$")
          @Size(min = 8, max = 1024)
          String url,
      @JsonPropertyDescription(
              "The v2 write API: InfluxDB 2.x, 3.x, 1.8, VictoriaMetrics, QuestDB.")
          @Nullable V2 v2,
      @JsonPropertyDescription("The v1 write API: InfluxDB 1.x.") @Nullable V1 v1,
      @JsonPropertyDescription("How an https store is trusted.") @Nullable Tls tls) {}

  /** The v2 write API. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record V2(
      @JsonPropertyDescription("Organisation.") @Required @Size(min = 1, max = 256) String org,
      @JsonPropertyDescription("Bucket.") @Required @Size(min = 1, max = 256) String bucket,
      @JsonPropertyDescription("Secret and key that hold the token.") @Required
          SecretKey tokenSecret) {}

  /** The v1 write API. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record V1(
      @JsonPropertyDescription("Database; created when that is allowed.")
          @Required
          @Size(min = 1, max = 256)
          String database,
      @JsonPropertyDescription("Retention policy. Empty: the database's default.") @Size(max = 256)
          @Nullable String retentionPolicy,
      @JsonPropertyDescription("Secret with keys 'username' and 'password'. Absent: none needed.")
          @Nullable SecretName credentialsSecret) {}

  /** Trust in an https store. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Tls(
      @JsonPropertyDescription("Secret and key that hold the CA's certificates, PEM.")
          @Nullable SecretKey caSecret,
      @JsonPropertyDescription("Trust any certificate. For tests only.") @Default("false")
          @Nullable Boolean insecureSkipVerify) {}

  /** A key of a Secret in the mesh's namespace. */
  public record SecretKey(
      @JsonPropertyDescription("Name of the Secret.") @Required @Size(min = 1, max = 253)
          String name,
      @JsonPropertyDescription("Key in it.")
          @Required
          @Pattern("^[-._a-zA-Z0-9]+$")
          @Size(min = 1, max = 253)
          String key) {}

  /** A Secret in the mesh's namespace. */
  public record SecretName(
      @JsonPropertyDescription("Name of the Secret.") @Required @Size(min = 1, max = 253)
          String name) {}
}
