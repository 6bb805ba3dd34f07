package io.llamamesh.operator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.llamamesh.testkit.archunit.ProgramRules;

@AnalyzeClasses(packages = "io.llamamesh.operator", importOptions = DoNotIncludeTests.class)
final class ArchitectureTest {
  private static final String ROOT = "io.llamamesh.operator.";

  /** What other programs start: the operator and its options. */
  private static final String FACE = "io.llamamesh.operator";

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("io.llamamesh.operator.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule thePlanIsPure =
      noClasses()
          .that()
          .resideInAPackage(ROOT + "plan..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.fabric8.kubernetes.client..",
              "io.javaoperatorsdk..",
              "org.slf4j..",
              "java.net.http..",
              "java.nio.file..",
              ROOT + "resources..",
              ROOT + "status..",
              ROOT + "reconcile..",
              ROOT + "run..",
              ROOT + "main..",
              FACE);

  @ArchTest
  static final ArchRule thePlanHasNoClock =
      noClasses()
          .that()
          .resideInAPackage(ROOT + "plan..")
          .should()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(java.time.Instant.class, "now");

  @ArchTest
  static final ArchRule onlyTheLoopAndTheOperatorKnowJosdk =
      noClasses()
          .that()
          .resideOutsideOfPackages(ROOT + "reconcile..", FACE)
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.javaoperatorsdk..");

  @ArchTest
  static final ArchRule resourcesKnowNeitherStatusNorLoop =
      noClasses()
          .that()
          .resideInAPackage(ROOT + "resources..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              ROOT + "status..",
              ROOT + "report..",
              ROOT + "reconcile..",
              ROOT + "run..",
              ROOT + "main..",
              FACE);

  @ArchTest
  static final ArchRule theStatusIsPure =
      noClasses()
          .that()
          .resideInAPackage(ROOT + "status..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.fabric8.kubernetes.client..",
              "org.slf4j..",
              "java.net..",
              "java.util.concurrent..",
              ROOT + "reconcile..",
              ROOT + "report..",
              ROOT + "resources..",
              ROOT + "run..",
              ROOT + "main..",
              FACE);

  @ArchTest
  static final ArchRule reportsKnowTheStatusOnly =
      noClasses()
          .that()
          .resideInAPackage(ROOT + "report..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.fabric8.kubernetes.client..",
              ROOT + "plan..",
              ROOT + "reconcile..",
              ROOT + "resources..",
              ROOT + "run..",
              ROOT + "main..",
              FACE);

  @ArchTest
  static final ArchRule theImporterKnowsThePlanOnly =
      noClasses()
          .that()
          .resideInAPackage(ROOT + "llama..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.fabric8.kubernetes.client..",
              ROOT + "resources..",
              ROOT + "status..",
              ROOT + "report..",
              ROOT + "reconcile..",
              ROOT + "run..",
              ROOT + "main..",
              FACE);

  @ArchTest
  static final ArchRule onlyRunAndProgramStartTheOperator =
      noClasses()
          .that()
          .resideOutsideOfPackages(FACE, ROOT + "run..", ROOT + "main..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(FACE, ROOT + "run..");

  @ArchTest
  static final ArchRule nobodyImportsTheProgram =
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT + "main..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage(ROOT + "main..");

  @ArchTest
  static final ArchRule neverAgentOrScraper =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.llamamesh.agent..", "io.llamamesh.scraper..");

  @ArchTest
  static final ArchRule everyHttpServerIsBounded = ProgramRules.everyHttpServerIsBounded();

  @ArchTest
  static final ArchRule onlyTheProgramReadsTheEnvironmentOrExits =
      ProgramRules.onlyMainReadsTheEnvironmentOrExits(ROOT + "main..");

  @ArchTest
  static final ArchRule onlyTheProgramReadsProperties =
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT + "main..")
          .should()
          .callMethod(System.class, "getProperty", String.class);
}
