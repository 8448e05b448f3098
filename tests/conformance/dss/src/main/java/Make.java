import eu.europa.esig.dss.asic.xades.ASiCWithXAdESSignatureParameters;
import eu.europa.esig.dss.asic.xades.signature.ASiCWithXAdESService;
import eu.europa.esig.dss.enumerations.ASiCContainerType;
import eu.europa.esig.dss.enumerations.DigestAlgorithm;
import eu.europa.esig.dss.enumerations.SignatureLevel;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.SignatureValue;
import eu.europa.esig.dss.model.ToBeSigned;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.token.DSSPrivateKeyEntry;
import eu.europa.esig.dss.token.Pkcs12SignatureToken;
import java.io.File;
import java.security.KeyStore.PasswordProtection;
import java.util.ArrayList;
import java.util.List;

/** Signs files with EU DSS in an ASiC-E container at level B: KEY.p12 OUT.asice FILE...; the password is "test". */
public class Make {
    public static void main(String[] words) throws Exception {
        List<DSSDocument> files = new ArrayList<>();
        for (int i = 2; i < words.length; i++) files.add(new FileDocument(words[i]));
        try (Pkcs12SignatureToken token =
                new Pkcs12SignatureToken(words[0], new PasswordProtection("test".toCharArray()))) {
            DSSPrivateKeyEntry key = token.getKeys().get(0);
            ASiCWithXAdESSignatureParameters how = new ASiCWithXAdESSignatureParameters();
            how.aSiC().setContainerType(ASiCContainerType.ASiC_E);
            how.setSignatureLevel(SignatureLevel.XAdES_BASELINE_B);
            how.setDigestAlgorithm(DigestAlgorithm.SHA256);
            how.setSigningCertificate(key.getCertificate());
            how.setCertificateChain(key.getCertificateChain());
            ASiCWithXAdESService service = new ASiCWithXAdESService(new CommonCertificateVerifier());
            ToBeSigned data = service.getDataToSign(files, how);
            SignatureValue value = token.sign(data, how.getDigestAlgorithm(), key);
            service.signDocument(files, how, value).save(new File(words[1]).getPath());
        }
    }
}
