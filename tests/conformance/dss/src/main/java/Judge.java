import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import java.io.File;

/** Judges containers with EU DSS, offline, under the roots given: ROOT.pem... -- FILE...; one line for each signature. */
public class Judge {
    public static void main(String[] words) throws Exception {
        CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
        int at = 0;
        while (!words[at].equals("--")) trusted.addCertificate(DSSUtils.loadCertificate(new File(words[at++])));
        for (int i = at + 1; i < words.length; i++) {
            CommonCertificateVerifier verifier = new CommonCertificateVerifier();
            verifier.setTrustedCertSources(trusted);
            SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(words[i]));
            validator.setCertificateVerifier(verifier);
            SimpleReport report = validator.validateDocument().getSimpleReport();
            for (String id : report.getSignatureIdList()) {
                System.out.println(new File(words[i]).getName() + " " + report.getSignatureFormat(id)
                    + " " + report.getIndication(id) + " " + report.getSubIndication(id));
            }
        }
    }
}
