package io.llamamesh.scraper;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.llamamesh.testkit.archunit.ProgramRules;
import java.util.concurrent.Executors;

/** Import rules of the scraper's packages. */
@AnalyzeClasses(
    packages = "io.llamamesh.scraper",
    importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
  @ArchTest
  static final ArchRule packagesFormNoCycles =
      slices().matching("io.llamamesh.scraper.(*)..").should().beFreeOfCycles();

  /** The drawing in {@code docs/architecture.md}. */
  @ArchTest
  static final ArchRule packagesImportWhatIsDrawnBelowThem =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("main")
          .definedBy("..scraper.main..")
          .layer("run")
          .definedBy("..scraper.run..")
          .layer("web")
          .definedBy("..scraper.web..")
          .layer("metrics")
          .definedBy("..scraper.metrics..")
          .layer("pull")
          .definedBy("..scraper.pull..")
          .layer("fabric")
          .definedBy("..scraper.fabric..")
          .layer("analysis")
          .definedBy("..scraper.analysis..")
          .layer("cluster")
          .definedBy("..scraper.cluster..")
          .layer("document")
          .definedBy("..scraper.document..")
          .layer("store")
          .definedBy("..scraper.store..")
          .layer("auth")
          .definedBy("..scraper.auth..")
          .layer("matrix")
          .definedBy("..scraper.matrix..")
          .whereLayer("main")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("run")
          .mayOnlyBeAccessedByLayers("main")
          .whereLayer("web")
          .mayOnlyBeAccessedByLayers("run", "main")
          .whereLayer("metrics")
          .mayOnlyBeAccessedByLayers("run", "main")
          .whereLayer("pull")
          .mayOnlyBeAccessedByLayers("metrics", "web", "run", "main")
          .whereLayer("fabric")
          .mayOnlyBeAccessedByLayers("metrics", "run", "main")
          .whereLayer("analysis")
          .mayOnlyBeAccessedByLayers("run", "main")
          .whereLayer("cluster")
          .mayOnlyBeAccessedByLayers("pull", "fabric", "metrics", "run", "main")
          .whereLayer("document")
          .mayOnlyBeAccessedByLayers("metrics", "web", "run", "main")
          .whereLayer("store")
          .mayOnlyBeAccessedByLayers("pull", "metrics", "run", "main")
          .whereLayer("auth")
          .mayOnlyBeAccessedByLayers("run", "main")
          .whereLayer("matrix")
          .mayOnlyBeAccessedByLayers(
              "document", "analysis", "pull", "metrics", "web", "run", "main");

  @ArchTest
  static final ArchRule mainRunsNoThreads =
      noClasses()
          .that()
          .resideInAPackage("..scraper.main..")
          .should()
          .callMethod(Thread.class, "start")
          .orShould()
          .callMethod(Thread.class, "ofVirtual")
          .orShould()
          .dependOnClassesThat()
          .belongToAnyOf(Executors.class);

  @ArchTest
  static final ArchRule onlyTheClusterKnowsKubernetes =
      noClasses()
          .that()
          .resideOutsideOfPackages("..scraper.cluster..", "..scraper.main..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.fabric8..");

  @ArchTest
  static final ArchRule analysisMatrixAndDocumentsArePure =
      noClasses()
          .that()
          .resideInAnyPackage("..scraper.analysis..", "..scraper.matrix..", "..scraper.document..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "java.io..",
              "java.net..",
              "java.nio.file..",
              "java.util.concurrent..",
              "org.slf4j..",
              "..scraper.pull..",
              "..scraper.store..",
              "..scraper.cluster..",
              "..scraper.web..");

  @ArchTest
  static final ArchRule everyHttpServerIsBounded = ProgramRules.everyHttpServerIsBounded();

  @ArchTest
  static final ArchRule onlyMainReadsTheEnvironmentOrExits =
      ProgramRules.onlyMainReadsTheEnvironmentOrExits("..scraper.main..");

  @ArchTest
  static final ArchRule nobodyKnowsAgentOrOperator =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.llamamesh.agent..", "io.llamamesh.operator..");
}
